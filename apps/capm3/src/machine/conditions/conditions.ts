/** Condition types of a Metal3Machine, exactly as users of the Cluster API provider know them. */
export const machineCondition = {
  ready: 'Ready',
  associateHost: 'AssociateBareMetalHost',
  associateData: 'AssociateMetal3MachineMetaData',
  dataReady: 'Metal3DataReady',
  paused: 'Paused',
} as const;

export type MachineConditionType = (typeof machineCondition)[keyof typeof machineCondition];

/** A condition as a decision states it; the time of transition is added where it is written. */
export interface ConditionVerdict {
  readonly type: MachineConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

const summarised: readonly MachineConditionType[] = [
  machineCondition.associateHost,
  machineCondition.associateData,
  machineCondition.dataReady,
];

/**
 * Ready from the three conditions it sums up: False when any is False, Unknown while one is missing or Unknown,
 * else True. The message lists what is in the way.
 */
export function summariseReady(
  conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
  }[],
): ConditionVerdict {
  const found = summarised.map((type) => ({ type, condition: conditions.find((one) => one.type === type) }));
  const failing = found.filter(({ condition }) => condition?.status === 'False');
  const open = found.filter(({ condition }) => condition === undefined || condition.status === 'Unknown');
  const ready = machineCondition.ready;
  if (failing.length > 0) {
    const message = failing
      .map(({ type, condition }) => `${type}: ${condition?.message || condition?.reason || 'False'}`)
      .join('; ');
    return { type: ready, status: 'False', reason: 'NotReady', message };
  }
  if (open.length > 0) {
    const message = `not known yet: ${open.map(({ type }) => type).join(', ')}`;
    return { type: ready, status: 'Unknown', reason: 'ReadyUnknown', message };
  }
  return { type: ready, status: 'True', reason: 'Ready', message: '' };
}

/** The condition types that older clients read under status.deprecated.v1beta1, by the name they have there. */
export const legacyConditionName: Readonly<Partial<Record<MachineConditionType, string>>> = {
  Ready: 'Ready',
  AssociateBareMetalHost: 'AssociateBMH',
  Metal3DataReady: 'Metal3DataReady',
};
