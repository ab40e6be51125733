import { expect, test } from '@jest/globals';
import { gist, now, seen } from '../../verbs/seen-for-tests.ts';
import type { Journal } from '../../work/journal.ts';
import type { BiosSetting, UpdateProgress } from '../machine.ts';
import { fakeMachine } from '../../hardware-types/fake-hardware.ts';
import type { Hand } from '../../work/perform.ts';
import { decideFirmwareRead, decideFirmwareUpdate } from './decide.ts';
import { firmwarePerformers, type FirmwarePorts } from './perform.ts';
import { biosRows, firmwareRows } from './stored.ts';
import { updatesOf } from './updates.ts';

const url = 'http://firmware.example/1.bin';
const update = (...components: readonly string[]) =>
  ({
    interface: 'firmware',
    step: 'update',
    args: { settings: components.map((component) => ({ component, url })) },
  }) as const;
type Running = NonNullable<NonNullable<Journal['update']>['running']>;
const running: Running = { component: 'bios', url, task: '/t/1', before: '1', startedAt: now, lookedAt: now, restarted: false }; // prettier-ignore
const at = (patch: Partial<Running>, finished = 0) => ({ update: { finished, running: { ...running, ...patch } } });
const off = { state: 'off', asked: null, seenAt: now, looks: 0 } as const;
const on = { ...off, state: 'on' } as const;

test.each<[string, Partial<Journal>, string]>([
  ['begins with the first', {}, 'effect {"kind":"run-step"'],
  ['switches the machine off for a new BIOS', at({}), 'effect {"kind":"set-power","to":"off"'],
  [
    'switches it on again',
    { ...at({}), power: off, done: ['off-for-settings'] },
    'effect {"kind":"set-power","to":"on"',
  ],
  ['notes that it was restarted', { ...at({}), power: on, done: ['off-for-settings'] }, 'note'],
  ['then waits for the task', at({ restarted: true }), 'wait for the update of the bios firmware'],
  [
    'looks at it every five seconds',
    at({ restarted: true, lookedAt: now - 5_000 }),
    'effect {"kind":"look-at-update"}',
  ],
  ['restarts nothing for the BMC', at({ component: 'bmc' }), 'wait for the update of the bmc firmware'],
  [
    'restarts nothing for an adapter whose update goes on',
    at({ component: 'nic:1' }),
    'wait for the update of the nic:1',
  ],
  [
    'switches the machine off for an adapter that awaits it',
    at({ component: 'nic:1', awaitsRestart: true }),
    'effect {"kind":"set-power","to":"off"',
  ],
  [
    'looks again at the update of an adapter after the restart',
    at({ component: 'nic:1', awaitsRestart: true, restarted: true, lookedAt: now - 5_000 }),
    'effect {"kind":"look-at-update"}',
  ],
  ['goes on with the next', { update: { finished: 1, running: null } }, 'effect {"kind":"run-step"'],
  ['is over after the last', { update: { finished: 2, running: null } }, 'note'],
])('an update of two components %s', (_sentence, journal, expected) => {
  const step = update('bios', 'bmc');
  const steps = { list: [step], finished: 0, hardwareManagerVersion: {} };
  expect(gist(decideFirmwareUpdate(seen({ journal: { steps, ...journal } }), 'clean', step))).toContain(expected);
});

test('an abort during an update, which cannot be stopped, ends the work after it', () => {
  const steps = { list: [update('bmc')], finished: 0, hardwareManagerVersion: {} };
  const journal = { steps, update: { finished: 1, running: null }, done: ['abort-after'] };
  const decision = decideFirmwareUpdate(seen({ journal }), 'clean', update('bmc'));
  expect(decision).toMatchObject({ kind: 'note', journal: { update: null, failure: { event: 'abort' } } });
});

test('what the BMC says is read once, and only where an interface asks it', () => {
  expect(decideFirmwareRead(seen({}))).toMatchObject({ effect: { kind: 'read-firmware' } });
  expect(decideFirmwareRead(seen({ journal: { done: ['firmware-read'] } }))).toBeUndefined();
  const { interfaces } = seen({}).node;
  const none = { ...interfaces, bios: 'no-bios', firmware: 'no-firmware' };
  expect(decideFirmwareRead(seen({ node: { interfaces: none } }))).toBeUndefined();
});

test('an inspection reads versions alone, and nothing where only settings are offered', () => {
  expect(decideFirmwareRead(seen({}), 'versions')).toMatchObject({ effect: { settingsToo: false } });
  const interfaces = { ...seen({}).node.interfaces, firmware: 'no-firmware' };
  expect(decideFirmwareRead(seen({ node: { interfaces } }), 'versions')).toBeUndefined();
});

test.each([
  [undefined, /needs args.settings/],
  [[], /that is not empty/],
  [[{ component: 'toaster', url }], /no component "toaster"; use bios, bmc or nic:ID/],
  [[{ component: 'bios', url: 'ftp://x' }], /needs url/],
])('settings %j are refused with what is expected', (settings, words) => {
  const step = { interface: 'firmware', step: 'update', ...(settings === undefined ? {} : { args: { settings } }) };
  expect(() => updatesOf(step as Parameters<typeof updatesOf>[0])).toThrow(words);
});

const rows = (text: string) => JSON.parse(text) as readonly Record<string, unknown>[];

test('a BIOS setting keeps its time until its value changes, and is text whatever it is at the BMC', () => {
  const unknown = { lowerBound: null, upperBound: null, minLength: null, maxLength: null, unique: null } as const;
  const setting = (value: unknown): BiosSetting => ({
    ...unknown,
    name: 'QuietBoot',
    value,
    type: 'Boolean',
    allowableValues: null,
    readOnly: false,
    resetRequired: true,
  });
  const first = biosRows([setting(true)], undefined, 0);
  expect(rows(first)).toMatchObject([
    { name: 'QuietBoot', value: 'True', created_at: '1970-01-01T00:00:00.000+00:00', updated_at: null },
  ]);
  expect(rows(biosRows([setting(true)], first, 1_000))).toEqual(rows(first));
  expect(rows(biosRows([setting(false)], first, 1_000))).toMatchObject([
    { value: 'False', created_at: '1970-01-01T00:00:00.000+00:00', updated_at: '1970-01-01T00:00:01.000+00:00' },
  ]);
});

test('firmware tells what it was at first, what it is, and what was flashed by us', () => {
  const reading = (version: string) =>
    ({ component: 'bmc', version, vendor: null, model: 'M', serialNumber: null }) as const;
  const first = firmwareRows([reading('1')], undefined, 0, false);
  expect(rows(first)).toMatchObject([{ initial_version: '1', current_version: '1', last_version_flashed: null }]);
  expect(rows(firmwareRows([reading('2')], first, 1_000, false))).toMatchObject([
    { initial_version: '1', current_version: '2', last_version_flashed: null },
  ]);
  expect(rows(firmwareRows([reading('3')], first, 1_000, true))).toMatchObject([
    { initial_version: '1', current_version: '3', last_version_flashed: '3', model: 'M' },
  ]);
});

/** One look at the update of an adapter that has run for `seconds`, when the BMC says `progress`. */
async function lookAt(progress: UpdateProgress, seconds: number, patch: Partial<Running> = {}) {
  const machine = { ...fakeMachine({ powerState: null }), updateProgress: () => Promise.resolve(progress) };
  const performers = firmwarePerformers({ store: { blobs: inMemory }, onUnreadable: () => undefined });
  const journal = at({ component: 'nic:1', startedAt: now - seconds * 1000, ...patch });
  const hand = { seen: seen({ journal }), machine, signal: new AbortController().signal };
  const { journal: after } = await performers['look-at-update']({ kind: 'look-at-update' }, hand as unknown as Hand);
  return after.update;
}
const inMemory = { get: () => Promise.resolve(undefined) } as unknown as FirmwarePorts['store']['blobs'];

test.each<[string, UpdateProgress, number, Partial<Running>, object]>([
  ['goes on', { state: 'running', begun: true, words: '' }, 60, {}, { running: { awaitsRestart: false } }],
  ['may take half a minute to begin', { state: 'running', begun: false, words: '' }, 29, {}, { running: { awaitsRestart: false } }],
  ['that does not begin gets a restart', { state: 'running', begun: false, words: '' }, 30, {}, { running: { awaitsRestart: true } }],
  ['that is over gets a restart', { state: 'done', begun: true, words: '' }, 5, {}, { finished: 0, running: { awaitsRestart: true } }],
  ['is finished after it', { state: 'done', begun: true, words: '' }, 5, { restarted: true }, { finished: 1, running: null }],
])('the update of a network adapter %s', async (_sentence, progress, seconds, patch, expected) => {
  expect(await lookAt(progress, seconds, patch)).toMatchObject(expected);
}); // prettier-ignore
