import { type Condition, type ConditionFinding, findCondition, metaTime, setCondition } from './standard.ts';

/** A condition of Cluster API's v1beta1 contract. `severity` and `reason` stand only with status False. */
export interface ClusterApiCondition {
  type: string;
  status: string;
  severity?: string;
  reason?: string;
  message?: string;
  lastTransitionTime: string;
}

export type ClusterApiFinding =
  | { readonly type: string; readonly status: 'True' }
  | {
      readonly type: string;
      readonly status: 'False';
      readonly severity: 'Error' | 'Warning' | 'Info';
      readonly reason: string;
      readonly message?: string;
    }
  | { readonly type: string; readonly status: 'Unknown'; readonly reason: string; readonly message?: string };

/**
 * The list with this condition set: Ready first, the others by type, as Cluster API writes them.
 * lastTransitionTime moves when status, severity, reason or message change. A finding that says nothing new leaves
 * the list as it is (the same array).
 *
 * @param now milliseconds since the epoch
 */
export function setClusterApiCondition(
  conditions: readonly ClusterApiCondition[] | undefined,
  finding: ClusterApiFinding,
  now: number,
): ClusterApiCondition[] {
  const present = (conditions ?? []) as ClusterApiCondition[];
  const before = findCondition(present, finding.type);
  const after: ClusterApiCondition = { ...finding, lastTransitionTime: metaTime(now) };
  if (before !== undefined && sameState(before, after)) return present;
  return [...present.filter(({ type }) => type !== finding.type), after].sort(readyFirst);
}

/**
 * The Ready condition that sums the others up: False with the gravest of those that are False (Error, Warning, Info;
 * among equals the first of `order`), else Unknown if one is, else True.
 */
export function summarizeClusterApiConditions(
  conditions: readonly ClusterApiCondition[] | undefined,
  order: readonly string[],
): ClusterApiFinding {
  const considered = order.flatMap((type) => findCondition(conditions, type) ?? []);
  for (const severity of ['Error', 'Warning', 'Info'] as const) {
    const worst = considered.find(
      (condition) => condition.status === 'False' && (condition.severity || 'Error') === severity,
    );
    if (worst !== undefined) {
      const { reason = 'Failed', message } = worst;
      return { type: 'Ready', status: 'False', severity, reason, ...(message === undefined ? {} : { message }) };
    }
  }
  const unknown = considered.find(({ status }) => status === 'Unknown');
  if (unknown !== undefined) return { type: 'Ready', status: 'Unknown', reason: unknown.reason ?? 'Unknown' };
  return { type: 'Ready', status: 'True' };
}

/** An object that carries v1beta2 conditions beside its v1beta1 ones, as kinds of the v1beta1 contract do. */
export interface CarriesV1Beta2Conditions {
  v1beta2?: { conditions?: Condition[] };
}

/**
 * Sets a v1beta2 condition in `status.v1beta2.conditions`.
 *
 * @param now milliseconds since the epoch
 */
export function setV1Beta2Condition(status: CarriesV1Beta2Conditions, finding: ConditionFinding, now: number): void {
  const conditions = setCondition(status.v1beta2?.conditions, finding, now);
  if (conditions !== status.v1beta2?.conditions) status.v1beta2 = { ...status.v1beta2, conditions };
}

function sameState(a: ClusterApiCondition, b: ClusterApiCondition): boolean {
  return (
    a.status === b.status &&
    (a.severity ?? '') === (b.severity ?? '') &&
    (a.reason ?? '') === (b.reason ?? '') &&
    (a.message ?? '') === (b.message ?? '')
  );
}

function readyFirst(a: ClusterApiCondition, b: ClusterApiCondition): number {
  if (a.type === 'Ready' || b.type === 'Ready') return a.type === b.type ? 0 : a.type === 'Ready' ? -1 : 1;
  return a.type < b.type ? -1 : a.type > b.type ? 1 : 0;
}
