import type { InterfaceKind } from './interfaces.ts';
import type { JsonObject } from './json.ts';

/** Interfaces that may offer steps. */
export const stepInterfaces = [
  'vendor',
  'power',
  'management',
  'firmware',
  'deploy',
  'bios',
  'raid',
] as const satisfies InterfaceKind[];
export type StepInterface = (typeof stepInterfaces)[number];

/** Steps the conductor carries out itself, whatever interface is named. */
export const reservedSteps = ['power_on', 'power_off', 'reboot', 'hold', 'wait'] as const;

/** One step of cleaning or servicing as a client asks for it. */
export interface RequestedStep {
  readonly interface: StepInterface;
  readonly step: string;
  readonly args?: JsonObject;
  readonly order?: number;
}

/** One step of a deployment as a client asks for it; 0 disables the step of that name. */
export interface RequestedDeployStep {
  readonly interface: StepInterface;
  readonly step: string;
  readonly args: JsonObject;
  readonly priority: number;
}

/** One step as the conductor runs it and as `clean_step`, `deploy_step` and `service_step` show it. */
export interface NodeStep {
  readonly interface: StepInterface;
  readonly step: string;
  readonly priority?: number;
  readonly args?: JsonObject;
  readonly abortable?: boolean;
  /** An abort was asked for while this step could not be stopped: stop when it ends. */
  readonly abort_after?: boolean;
  readonly requires_ramdisk?: boolean;
}

export interface StepList {
  readonly steps: readonly NodeStep[];
  /** Index of the step under way; null before the first. */
  readonly index: number | null;
  /** False: the step at `index` runs again on resume (after a reboot it asked for). */
  readonly skipCurrent: boolean;
}

/** Index of the next step to run; undefined when the list is finished. */
export function nextStepIndex({ steps, index, skipCurrent }: StepList): number | undefined {
  const next = index === null ? 0 : skipCurrent ? index + 1 : index;
  return next < steps.length ? next : undefined;
}

const interfaceRank: { readonly [name in StepInterface]?: number } = {
  power: 0,
  management: 1,
  firmware: 2,
  deploy: 3,
  bios: 4,
  raid: 5,
  vendor: 6,
};

/** Highest priority first; equal ones by interface (power first, vendor last), then by name. Steps of priority 0 do not run. */
export function orderSteps<Step extends { interface: StepInterface; step: string; priority?: number }>(
  steps: readonly Step[],
): readonly Step[] {
  return steps
    .filter(({ priority }) => (priority ?? 0) > 0)
    .toSorted(
      (a, b) =>
        (b.priority ?? 0) - (a.priority ?? 0) ||
        (interfaceRank[a.interface] ?? 9) - (interfaceRank[b.interface] ?? 9) ||
        a.step.localeCompare(b.step),
    );
}

/** True when `step` may be stopped now; false means the abort takes effect at its end (`abort_after`). */
export function abortsAtOnce(step: NodeStep | null): boolean {
  return step === null || step.abortable === true;
}
