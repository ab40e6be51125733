import { setClusterApiCondition, setCondition, type ConditionFinding } from '@metal3/kube-controller';
import {
  legacyConditionName,
  machineCondition,
  summariseReady,
  type ConditionVerdict,
} from './conditions/conditions.ts';
import type { MachineDraft } from './ports.ts';

type Status = NonNullable<MachineDraft['status']>;

/** Writes what a pass found into the draft: conditions of both contracts, and Ready as their sum. */
export function reportConditions(draft: MachineDraft, verdicts: readonly ConditionVerdict[], now: number): void {
  const status: Status = (draft.status ??= {});
  for (const verdict of verdicts) status.conditions = setCondition(status.conditions, verdict, now);
  const ready = summariseReady(status.conditions ?? []);
  status.conditions = setCondition(status.conditions, ready, now);

  for (const verdict of [...verdicts, ready]) {
    const type = legacyConditionName[verdict.type];
    if (type === undefined) continue;
    const legacy = ((status.deprecated ??= {}).v1beta1 ??= {});
    legacy.conditions = setClusterApiCondition(legacy.conditions, legacyFinding(type, verdict), now);
  }
}

function legacyFinding(type: string, { status, reason, message }: ConditionVerdict) {
  if (status === 'True') return { type, status } as const;
  const why = { reason, ...(message !== '' && { message }) };
  return status === 'False'
    ? ({ type, status, severity: 'Info', ...why } as const)
    : ({ type, status, ...why } as const);
}

export const paused = (message: string): ConditionFinding & ConditionVerdict => ({
  type: machineCondition.paused,
  status: 'True',
  reason: 'Paused',
  message,
});

export const notPaused: ConditionVerdict = {
  type: machineCondition.paused,
  status: 'False',
  reason: 'NotPaused',
  message: '',
};

export function association(status: 'True' | 'False', reason: string, message = ''): ConditionVerdict {
  return { type: machineCondition.associateHost, status, reason, message };
}

export function metadata(status: 'True' | 'False', reason: string, message = ''): ConditionVerdict {
  return { type: machineCondition.associateData, status, reason, message };
}

export function rendered(status: 'True' | 'False', reason: string, message = ''): ConditionVerdict {
  return { type: machineCondition.dataReady, status, reason, message };
}
