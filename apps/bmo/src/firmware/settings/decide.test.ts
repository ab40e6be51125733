import { expect, test } from '@jest/globals';
import type { HostFirmwareSettingsStatus } from '@metal3/metal3-api';
import { decideSettings } from './decide.ts';

const actual = [
  { name: 'BootMode', value: 'Uefi', type: 'Enumeration', allowableValues: ['Uefi', 'Bios'] },
  { name: 'Turbo', value: 'True', type: 'Boolean' },
  { name: 'AdminPassword', value: 'x', type: 'Password' },
];
const schema = { name: 'schema-1', namespace: 'metal' };
const now = Date.UTC(2026, 0, 1) / 1000;
const finding = (settings: Record<string, number | string>, generation = 1, status?: HostFirmwareSettingsStatus) =>
  decideSettings({ metadata: { generation }, spec: { settings }, ...(status && { status }) }, actual, schema, now);
const conditions = (status: HostFirmwareSettingsStatus | undefined) =>
  status?.conditions?.map(({ type, status: value, reason, observedGeneration }) => [
    type,
    value,
    reason,
    observedGeneration,
  ]);

test('settings of the machine are shown with the schema they follow, without passwords', () => {
  const { status, changeDetected, problems } = finding({});
  expect(status).toMatchObject({
    schema,
    settings: { BootMode: 'Uefi', Turbo: 'True' },
    lastUpdated: expect.any(String),
  });
  expect(status?.settings).not.toHaveProperty('AdminPassword');
  expect(conditions(status)).toEqual([
    ['ChangeDetected', 'False', 'Success', 1],
    ['Valid', 'True', 'Success', 1],
  ]);
  expect([changeDetected, problems]).toEqual([false, []]);
});

test.each<[sentence: string, settings: Record<string, number | string>, changed: string, valid: string]>([
  ['a setting that the machine has is no change', { BootMode: 'Uefi' }, 'False', 'True'],
  ['nor is one that the BMC spells in its own way', { Turbo: 'true' }, 'False', 'True'],
  ['another value is one', { BootMode: 'Bios' }, 'True', 'True'],
  ['a value that the setting does not take is an error', { BootMode: 'Bois' }, 'True', 'False'],
  ['and so is a setting that the machine does not have', { Quiet: 'on' }, 'True', 'False'],
])('%s', (_sentence, settings, changed, valid) => {
  const { status, problems } = finding(settings);
  const reason = valid === 'True' ? 'Success' : 'ConfigurationError';
  expect(conditions(status)).toEqual([
    ['ChangeDetected', changed, 'Success', 1],
    ['Valid', valid, reason, 1],
  ]);
  expect(problems.length).toBe(valid === 'True' ? 0 : 1);
});

test('an edit is acknowledged even when nothing else follows from it, and moves no transition time', () => {
  const { status } = finding({ BootMode: 'Bios' });
  const later = decideSettings(
    {
      metadata: { generation: 2 },
      spec: { settings: { BootMode: 'Bios', Turbo: 'false' } },
      ...(status && { status }),
    },
    actual,
    schema,
    now + 60,
  );
  expect(conditions(later.status)).toEqual([
    ['ChangeDetected', 'True', 'Success', 2],
    ['Valid', 'True', 'Success', 2],
  ]);
  expect(later.status?.conditions?.[0]?.lastTransitionTime).toBe(status?.conditions?.[0]?.lastTransitionTime);
});

test('what has been said is not said again', () => {
  const { status } = finding({ BootMode: 'Bois' });
  expect(finding({ BootMode: 'Bois' }, 1, status)).toEqual({ status: undefined, changeDetected: true, problems: [] });
});

test('of a machine that tells nothing nothing is said, unless something is asked for', () => {
  const silent = (settings: Record<string, string>) =>
    decideSettings({ metadata: { generation: 1 }, spec: { settings } }, [], undefined, now);
  expect(silent({}).status).toBeUndefined();
  expect(conditions(silent({ BootMode: 'Bios' }).status)?.[1]).toEqual(['Valid', 'False', 'ConfigurationError', 1]);
});
