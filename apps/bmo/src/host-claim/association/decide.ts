import type { BareMetalHost, HostClaim, HostDeployPolicy } from '@metal3/metal3-api';
import { annotations, isPaused } from '../../host/annotations.ts';
import { stateOf } from '../../host/states.ts';
import { admissionTo, type Home } from './policy.ts';
import { selects } from './selector.ts';

/** Label that tells in which failure domain a host stands. */
export const failureDomainLabel = 'infrastructure.cluster.x-k8s.io/failure-domain';

/** Written by Cluster API's remediation on hosts that are not to be used. */
const unhealthyAnnotations = ['capm3.metal3.io/unhealthy', 'capi.metal3.io/unhealthy'];

export interface Offer {
  readonly claim: HostClaim;
  readonly home: Home;
  readonly policies: readonly HostDeployPolicy[];
  readonly hosts: readonly BareMetalHost[];
  /** A number in [0, 1) that spreads claims over equal hosts. */
  readonly lot: number;
}

export type HostChoice =
  | { readonly kind: 'chosen'; readonly host: BareMetalHost }
  /** In words for the claim's author, who may not see the hosts: how many there are and what keeps them, and not who has them. */
  | { readonly kind: 'none'; readonly reason: string };

/** Chooses a host for a claim: free, healthy, offered to its namespace, as its selector asks; those of its failure domain first. */
export function chooseHost({ claim, home, policies, hosts, lot }: Offer): HostChoice {
  const { hostSelector, failureDomain } = claim.spec;
  const { namespaces, problems } = admissionTo(home, policies);
  const within = hostSelector?.inNamespace ?? '';
  const offered = hosts.filter(({ metadata: { namespace = '' } }) => {
    return namespaces.has(namespace) && (within === '' || within === namespace);
  });
  const judged = offered.map((host) => ({
    host,
    why: selects(hostSelector, host.metadata.labels ?? {}) ? refusal(host) : 'not as the selector asks',
  }));
  const free = judged.filter(({ why }) => why === undefined).map(({ host }) => host);
  const near = free.filter(({ metadata }) => metadata.labels?.[failureDomainLabel] === failureDomain);
  const pool = failureDomain !== undefined && near.length > 0 ? near : free;
  // One that the claim has put itself down for goes first: the place may have been taken by a process that did not live to see it.
  const host = free.find((one) => isReserved(one, claim)) ?? pool[Math.floor(lot * pool.length)];
  if (host !== undefined) return { kind: 'chosen', host };
  const what = namespaces.size === 0 ? notLetIn(home, within) : summary(judged, within);
  return { kind: 'none', reason: [what, ...problems].join('; ') };
}

/** Whether the claim has put itself down for this host. */
export function isReserved({ metadata: { name, namespace } }: BareMetalHost, { status }: HostClaim): boolean {
  return status?.bareMetalHost?.name === name && status?.bareMetalHost?.namespace === namespace;
}

/** Why nobody may have a host now; undefined for one that is free. */
export function refusal({ metadata, spec, status }: BareMetalHost): string | undefined {
  const noted = metadata.annotations ?? {};
  if (spec.consumerRef !== undefined) return 'in use';
  if (metadata.deletionTimestamp !== undefined) return 'being deleted';
  if (isPaused(noted)) return 'paused';
  if (noted[annotations.detached] !== undefined || status?.operationalStatus === 'detached') return 'detached';
  if (unhealthyAnnotations.some((name) => noted[name] !== undefined)) return 'marked unhealthy';
  if ((status?.errorMessage ?? '') !== '') return 'in error';
  // One that somebody has given an image is theirs.
  if (spec.image !== undefined || spec.customDeploy !== undefined) return 'given an image already';
  const state = stateOf(status);
  return state === 'available' || state === 'ready' ? undefined : `in state "${status?.provisioning.state ?? ''}"`;
}

function notLetIn({ name }: Home, within: string): string {
  const where = within === '' ? '' : ` in namespace ${within}`;
  return `no HostDeployPolicy${where} lets claims of namespace ${name} have hosts`;
}

function summary(judged: readonly { readonly why: string | undefined }[], within: string): string {
  const where = within === '' ? '' : ` in namespace ${within}`;
  const counts = new Map<string, number>();
  for (const { why = '' } of judged) counts.set(why, (counts.get(why) ?? 0) + 1);
  const reasons = [...counts].sort(([, left], [, right]) => right - left).map(([why, count]) => `${count} ${why}`);
  const of = reasons.length === 0 ? 'there is none' : reasons.slice(0, 6).join(', ');
  return `no available host${where}: ${of}`;
}
