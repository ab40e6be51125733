import { findCondition, setCondition, type Condition, type ConditionFinding } from '@metal3/kube-controller';
import type { BareMetalHost, HostClaim, HostClaimStatus } from '@metal3/metal3-api';
import { sameJson, timestampOf, type Instant } from '../kernel.ts';

export interface Finding {
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message?: string;
}

/** What is to be told of a claim. What is left out stays as it is. */
export interface ClaimReport {
  readonly associated: Finding;
  readonly synchronized?: Finding;
  /** The claim's host, whose state is told; without one nothing of a host is. */
  readonly host?: BareMetalHost | undefined;
  /** A host that is not the claim's, not yet or no more, and is named all the same. */
  readonly named?: HostClaimStatus['bareMetalHost'];
  readonly hasHardware?: boolean;
}

/** The whole status, the same object where there is nothing new. Conditions have the reasons that upstream declares. */
export function statusOf(claim: HostClaim, report: ClaimReport, now: Instant): HostClaimStatus {
  const { host, hasHardware = false } = report;
  const before = claim.status ?? {};
  const { bareMetalHost, hardwareData, poweredOn, lastUpdated, ...rest } = before;
  const named = host === undefined ? report.named : nameOf(host);
  const after = {
    ...rest,
    ...(named === undefined ? {} : { bareMetalHost: named }),
    ...(hasHardware && named !== undefined ? { hardwareData: named } : {}),
    ...(host === undefined ? {} : { poweredOn: host.status?.poweredOn === true }),
    conditions: conditionsOf(claim, report, now),
  };
  const { lastUpdated: _, ...compared } = before;
  return sameJson(compared, after) ? before : { ...after, lastUpdated: timestampOf(now) };
}

/** As a status names a host. */
export function nameOf({ metadata: { name = '', namespace = '' } }: BareMetalHost): {
  name: string;
  namespace: string;
} {
  return { name, namespace };
}

/** Whether the claim has, or had, the host that its status names; otherwise it has only put itself down for that one. */
export function hasBeenAssociated({ status }: HostClaim): boolean {
  const found = findCondition(status?.conditions, 'Associated');
  return found?.status === 'True' || found?.reason === 'MissingBareMetalHost';
}

/** Whether the claim, as it is now, is on its host. */
export function isSynchronized({ metadata, status }: HostClaim): boolean {
  const found = findCondition(status?.conditions, 'Synchronized');
  return found?.status === 'True' && found.observedGeneration === metadata.generation;
}

function conditionsOf(claim: HostClaim, report: ClaimReport, now: Instant): Condition[] {
  const { associated, synchronized, host } = report;
  const { generation } = claim.metadata;
  const observed = generation === undefined ? {} : { observedGeneration: generation };
  const findings: ConditionFinding[] = [
    { type: 'Associated', ...associated, ...observed },
    ...(synchronized === undefined ? [] : [{ type: 'Synchronized', ...synchronized, ...observed }]),
    ...(host === undefined ? [] : ofHost(host).map((finding) => ({ ...finding, ...observed }))),
  ];
  const present = claim.status?.conditions?.filter(({ type }) => host !== undefined || type === 'Ready');
  const without = findings.reduce((list, finding) => setCondition(list, finding, now * 1000), present ?? []);
  return setCondition(without, { ...readiness(without), ...observed }, now * 1000).sort(readyFirst);
}

/** What the claim's author sees of the host's own conditions, with the host's error, if there is one: the host may not be theirs to read. */
function ofHost(host: BareMetalHost): readonly ConditionFinding[] {
  const { conditions, errorType, errorMessage = '' } = host.status ?? {};
  const message = errorMessage === '' ? {} : { message: `${errorType ?? 'error'}: ${errorMessage}` };
  const copied = (type: string, otherwise: string): ConditionFinding => {
    const found = findCondition(conditions, type);
    return { type, status: found?.status ?? 'False', reason: found?.reason ?? otherwise };
  };
  const provisioned = { ...copied('Provisioned', 'NotProvisioned'), ...message };
  return [
    copied('AvailableForProvisioning', 'NotAvailable'),
    // What runs may be what the host was given before.
    runsWhatItIsGiven(host) ? provisioned : { ...provisioned, status: 'False', reason: 'NotProvisioned' },
  ];
}

function runsWhatItIsGiven({ spec, status }: BareMetalHost): boolean {
  const { image, customDeploy } = status?.provisioning ?? {};
  return (
    (image?.url ?? '') === (spec.image?.url ?? '') && (customDeploy?.method ?? '') === (spec.customDeploy?.method ?? '')
  );
}

const summedUp = ['Associated', 'Synchronized', 'Provisioned'];

/** Cluster API's summary: False if one of them is, else Unknown if one is or has not been told yet, else True. */
function readiness(conditions: readonly Condition[]): ConditionFinding {
  const told = summedUp.map((type): Pick<Condition, 'type' | 'status' | 'message' | 'reason'> => {
    const unknown = {
      type,
      status: 'Unknown',
      reason: 'NotYetReported',
      message: 'Condition not yet reported',
    } as const;
    return findCondition(conditions, type) ?? unknown;
  });
  const issues = told.filter(({ status }) => status !== 'True');
  const message = issues.map(({ type, message: said, reason }) => `* ${type}: ${said || reason}`).join('\n');
  if (issues.some(({ status }) => status === 'False')) {
    return { type: 'Ready', status: 'False', reason: 'IssuesReported', message };
  }
  if (issues.length > 0) return { type: 'Ready', status: 'Unknown', reason: 'UnknownReported', message };
  return { type: 'Ready', status: 'True', reason: 'InfoReported' };
}

function readyFirst(left: Condition, right: Condition): number {
  const rank = ({ type }: Condition) => (type === 'Ready' ? '' : type);
  return rank(left).localeCompare(rank(right));
}
