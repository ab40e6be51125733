/** metav1.Condition: the conditions of `status.conditions`, and of Cluster API's v1beta2 contract. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

/** What a caller says of a condition; the rest follows from it. `reason` is CamelCase and never empty. */
export interface ConditionFinding {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message?: string;
  readonly observedGeneration?: number | undefined;
}

/**
 * The list with this condition set. lastTransitionTime moves only when the status changes; a finding that says
 * nothing new leaves the list as it is (the same array), so that no patch follows.
 *
 * @param now milliseconds since the epoch
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  finding: ConditionFinding,
  now: number,
): Condition[] {
  const present = (conditions ?? []) as Condition[];
  const before = present.find(({ type }) => type === finding.type);
  const { observedGeneration, message = '', ...said } = finding;
  const after: Condition = {
    ...said,
    message,
    lastTransitionTime: before?.status === finding.status ? before.lastTransitionTime : metaTime(now),
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
  };
  if (before === undefined) return [...present, after];
  return sameFinding(before, after) ? present : present.map((condition) => (condition === before ? after : condition));
}

/** The list without the condition of this type. */
export function removeCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C[] {
  const present = (conditions ?? []) as C[];
  return present.some((condition) => condition.type === type) ? present.filter((c) => c.type !== type) : present;
}

export function findCondition<C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(
  conditions: readonly { readonly type: string; readonly status: string }[] | undefined,
  type: string,
): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** A time as metav1.Time has it: RFC 3339 in whole seconds. @param milliseconds since the epoch */
export function metaTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}

function sameFinding(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration
  );
}
