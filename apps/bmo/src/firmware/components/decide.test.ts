import { expect, test } from '@jest/globals';
import type { FirmwareUpdate, HostFirmwareComponentsStatus } from '@metal3/metal3-api';
import { decideComponents } from './decide.ts';

const actual = [
  { component: 'bios', initialVersion: '1.0', currentVersion: '1.0', lastVersionFlashed: '', updatedAt: '' },
  {
    component: 'bmc',
    initialVersion: '2.0',
    currentVersion: '2.1',
    lastVersionFlashed: '2.1',
    updatedAt: '2026-01-01T00:00:00.500+00:00',
  },
];
const now = Date.UTC(2026, 0, 1) / 1000;
const bios = { component: 'bios', url: 'http://files/bios' };
const finding = (updates: FirmwareUpdate[], status?: HostFirmwareComponentsStatus, generation = 1) =>
  decideComponents({ metadata: { generation }, spec: { updates }, ...(status && { status }) }, actual, now);
const conditions = (status: HostFirmwareComponentsStatus | undefined) =>
  status?.conditions?.map(({ type, status: value, reason, observedGeneration }) => [
    type,
    value,
    reason,
    observedGeneration,
  ]);

test('firmware of the machine is shown with its versions', () => {
  expect(finding([]).status?.components).toEqual([
    { component: 'bios', initialVersion: '1.0', currentVersion: '1.0' },
    {
      component: 'bmc',
      initialVersion: '2.0',
      currentVersion: '2.1',
      lastVersionFlashed: '2.1',
      updatedAt: '2026-01-01T00:00:00Z',
    },
  ]);
});

test.each<
  [sentence: string, updates: FirmwareUpdate[], begun: FirmwareUpdate[] | undefined, changed: string, valid: string]
>([
  ['no update is no change', [], undefined, 'False', 'True'],
  ['an update that was not begun is one', [bios], undefined, 'True', 'True'],
  ['an update that was begun is none', [bios], [bios], 'False', 'True'],
  ['an update that is taken back is one', [], [bios], 'True', 'True'],
  ['NICs can be updated by name', [{ component: 'nic:1', url: 'http://files/nic' }], undefined, 'True', 'True'],
  ['other parts cannot', [{ component: 'cpu', url: 'http://files/cpu' }], undefined, 'True', 'False'],
])('%s', (_sentence, updates, begun, changed, valid) => {
  const { status, changeDetected, problem } = finding(updates, begun && { updates: begun });
  expect(conditions(status)).toEqual([
    ['ChangeDetected', changed, 'OK', 1],
    ['Valid', valid, valid === 'True' ? 'OK' : 'InvalidComponent', 1],
  ]);
  expect(changeDetected).toBe(changed === 'True');
  expect(problem === undefined).toBe(valid === 'True');
  expect(status?.updates).toEqual(begun);
});

test('what has been said is not said again, until the next edit', () => {
  const wrong = [{ component: 'cpu', url: 'http://files/cpu' }];
  const { status } = finding(wrong);
  expect(finding(wrong, status)).toEqual({ status: undefined, changeDetected: true, problem: undefined });
  expect(finding(wrong, status, 2).problem).toContain('component cpu is invalid');
});
