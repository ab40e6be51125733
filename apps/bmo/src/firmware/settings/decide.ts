import { setCondition } from '@metal3/kube-controller';
import type { HostFirmwareSettings, HostFirmwareSettingsStatus } from '@metal3/metal3-api';
import { sameJson, timestampOf, type Instant } from '../../kernel.ts';
import type { FirmwareSetting } from '../../provisioner/firmware.ts';
import { isPassword, schemasOf } from './schema.ts';
import { settingProblem } from './validate.ts';

export interface SettingsFinding {
  /** undefined: nothing new to say. */
  readonly status: HostFirmwareSettingsStatus | undefined;
  readonly changeDetected: boolean;
  /** What is wrong with the settings asked for, told once per edit. */
  readonly problems: readonly string[];
}

/**
 * What is to be said of a machine's settings: which it has, whether it is to have others, and whether it can.
 *
 * @param actual none where the BMC does not tell
 */
export function decideSettings(
  { metadata, spec, status }: Pick<HostFirmwareSettings, 'metadata' | 'spec' | 'status'>,
  actual: readonly FirmwareSetting[],
  schema: { readonly name: string; readonly namespace: string } | undefined,
  now: Instant,
): SettingsFinding {
  const settings = Object.fromEntries(
    actual.filter((each) => !isPassword(each)).map(({ name, value }) => [name, value]),
  );
  const wanted = Object.entries(spec.settings ?? {});
  const different = wanted.filter(([name, value]) => !sameSetting(value, settings[name]));
  const schemas = schemasOf(actual);
  const problems =
    different.length === 0 ? [] : wanted.flatMap(([name, value]) => settingProblem(name, value, schemas) ?? []);
  if (actual.length === 0 && wanted.length === 0) return { status: undefined, changeDetected: false, problems: [] };

  const { generation: observedGeneration } = metadata;
  const milliseconds = now * 1000;
  const changed = { type: 'ChangeDetected', status: different.length > 0 ? 'True' : 'False' } as const;
  const valid =
    problems.length === 0
      ? ({ type: 'Valid', status: 'True', reason: 'Success' } as const)
      : ({ type: 'Valid', status: 'False', reason: 'ConfigurationError', message: 'Invalid BIOS setting' } as const);
  const withChange = setCondition(
    status?.conditions,
    { ...changed, reason: 'Success', observedGeneration },
    milliseconds,
  );
  const conditions = setCondition(withChange, { ...valid, observedGeneration }, milliseconds);

  const next = { ...(status ?? {}), settings, conditions, ...(schema === undefined ? {} : { schema }) };
  const before = status?.conditions?.find(({ type }) => type === 'Valid');
  const told = before?.status === 'False' && before.observedGeneration === observedGeneration;
  return {
    status: sameJson(status, next) ? undefined : { ...next, lastUpdated: timestampOf(now) },
    changeDetected: different.length > 0,
    problems: told ? [] : problems,
  };
}

/** BMCs spell truth in their own way; everything else is compared as text. */
export function sameSetting(wanted: number | string, actual: string | undefined): boolean {
  const text = String(wanted);
  if (text === 'true' || text === 'false') return text === actual?.toLowerCase();
  return text === actual;
}
