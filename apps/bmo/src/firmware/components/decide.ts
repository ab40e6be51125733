import { setCondition } from '@metal3/kube-controller';
import type { HostFirmwareComponents, HostFirmwareComponentsStatus } from '@metal3/metal3-api';
import { sameJson, timestampOf, type Instant } from '../../kernel.ts';
import { isComponentName, type FirmwareComponent } from '../../provisioner/firmware.ts';

export interface ComponentsFinding {
  /** undefined: nothing new to say. */
  readonly status: HostFirmwareComponentsStatus | undefined;
  readonly changeDetected: boolean;
  /** What is wrong with the updates asked for, told once per edit. */
  readonly problem: string | undefined;
}

/** What is to be said of a machine's firmware: its versions, whether updates are asked for that were not made, and whether they can be. */
export function decideComponents(
  { metadata, spec, status }: Pick<HostFirmwareComponents, 'metadata' | 'spec' | 'status'>,
  actual: readonly FirmwareComponent[],
  now: Instant,
): ComponentsFinding {
  const wanted = spec.updates ?? [];
  const changeDetected = !sameJson(wanted, status?.updates ?? []);
  const unknown = wanted.find(({ component }) => !isComponentName(component));
  const problem =
    unknown &&
    `component ${unknown.component} is invalid, only 'bios', 'bmc', or names starting with 'nic:' are allowed as update names`;

  const { generation: observedGeneration } = metadata;
  const change = { type: 'ChangeDetected', status: changeDetected ? 'True' : 'False', reason: 'OK' } as const;
  const valid =
    problem === undefined
      ? ({ type: 'Valid', status: 'True', reason: 'OK' } as const)
      : ({ type: 'Valid', status: 'False', reason: 'InvalidComponent', message: problem } as const);
  const withChange = setCondition(status?.conditions, { ...change, observedGeneration }, now * 1000);
  const conditions = setCondition(withChange, { ...valid, observedGeneration }, now * 1000);

  const next = { ...(status ?? {}), components: actual.map(shown), conditions };
  const before = status?.conditions?.find(({ type }) => type === 'Valid');
  const told = before?.status === 'False' && before.observedGeneration === observedGeneration;
  return {
    status: sameJson(status, next) ? undefined : { ...next, lastUpdated: timestampOf(now) },
    changeDetected,
    problem: told ? undefined : problem,
  };
}

type Shown = NonNullable<HostFirmwareComponentsStatus['components']>[number];

function shown({ component, initialVersion, currentVersion, lastVersionFlashed, updatedAt }: FirmwareComponent): Shown {
  const time = Date.parse(updatedAt);
  return {
    component,
    initialVersion,
    ...(currentVersion === '' ? {} : { currentVersion }),
    ...(lastVersionFlashed === '' ? {} : { lastVersionFlashed }),
    ...(Number.isNaN(time) ? {} : { updatedAt: timestampOf(time / 1000) }),
  };
}
