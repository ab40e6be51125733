import { expect, test } from '@jest/globals';
import type { JsonObject, NodeStep } from '@metal3/node';
import { gist, now, seen, someNode } from '../../verbs/seen-for-tests.ts';
import { decideStepWork } from '../../verbs/step-work/decide.ts';
import type { Journal } from '../../work/journal.ts';
import { decideRaid } from './decide.ts';
import { due, type RaidAct, type RaidMemory } from './memory.ts';
import { planRaid } from './plan.ts';
import { raidRecord } from './record.ts';
import { controller, volume } from './storage-for-tests.ts';
import { logicalDisksOf } from './target.ts';
import { raidWishOf } from './wish.ts';

const step = (name: string, args?: JsonObject): NodeStep => ({
  interface: 'raid',
  step: name,
  ...(args === undefined ? {} : { args }),
});
const create = step('create_configuration');
const mirror = { raid_level: '1', size_gb: 10 };
const twoMirrors = { logical_disks: [{ ...mirror, is_root_volume: true }, mirror] };

const act = (more: Partial<RaidAct> = {}, applyTime: string | null = 'Immediate'): RaidAct =>
  ({ ...due, kind: 'delete', controller: 'R', words: 'deleting v1', volume: '/v', applyTime, ...more }) as RaidAct;
const memory = (acts: readonly RaidAct[], more: Partial<RaidMemory> = {}): RaidMemory => ({
  acts,
  before: [],
  thenCreate: false,
  lookedAt: now,
  ...more,
});
const asked = { state: 'asked', operation: '/t', askedAt: now } as const;
const on = { state: 'on', asked: null, seenAt: now, looks: 0 } as const;
const off = { ...on, state: 'off' } as const;

test.each<[string, Partial<Journal>, string]>([
  ['plans first', {}, 'effect {"kind":"plan-raid"'],
  ['asks for what is due', { raid: memory([act()]) }, 'effect {"kind":"run-step"'],
  ['asks for one thing at a time at a controller', { raid: memory([act(asked), act()]) }, 'wait for deleting v1'],
  ['asks another controller meanwhile', { raid: memory([act(asked), act({ controller: 'S' })]) }, '"run-step"'],
  [
    'looks after half a second at first',
    { raid: memory([act({ ...asked, askedAt: now - 500 })], { lookedAt: now - 500 }) },
    '"look-at-raid"',
  ],
  [
    'looks every five seconds in the end',
    { raid: memory([act({ ...asked, askedAt: now - 60_000 })], { lookedAt: now - 4_999 }) },
    'wait for',
  ],
  ['switches the machine off for a self test', { raid: memory([act(asked, 'OnReset')]) }, '"set-power","to":"off"'],
  ['does so where the BMC does not say when it acts', { raid: memory([act(asked, null)]) }, '"set-power","to":"off"'],
  [
    'switches it on again',
    { raid: memory([act(asked, 'OnReset')]), power: off, done: ['off-for-settings'] },
    '"set-power","to":"on"',
  ],
  ['notes the self test', { raid: memory([act(asked, 'OnReset')]), power: on, done: ['off-for-settings'] }, 'note'],
  ['waits after the self test', { raid: memory([act({ ...asked, tested: true }, 'OnReset')]) }, 'wait for'],
  [
    'plans what is made after a deletion',
    { raid: memory([act({ state: 'over' })], { thenCreate: true }) },
    '"plan-raid"',
  ],
  ['reads what there is in the end', { raid: memory([act({ state: 'over' })]) }, '"record-raid"'],
  ['has nothing to do where there is nothing', { raid: memory([]) }, '"record-raid"'],
])('a step of volumes %s', (_sentence, journal, expected) => {
  const steps = { list: [create], finished: 0, hardwareManagerVersion: {} };
  expect(gist(decideRaid(seen({ journal: { steps, ...journal } }), 'clean', create))).toContain(expected);
});

test('the self test is noted, and has ended the agent', () => {
  const raid = memory([act(asked, 'OnReset')]);
  const boot = { purpose: 'clean', stage: 'ready', fastTrack: true, startedAt: null } as const;
  const journal = { raid, power: on, boot, done: ['off-for-settings', 'ejected'] };
  expect(decideRaid(seen({ journal }), 'clean', create)).toMatchObject({
    journal: { boot: null, done: ['switched-on'], raid: { acts: [{ tested: true }] } },
  });
});

test('a machine that must not be switched off is restarted instead', () => {
  const raid = memory([act(asked, 'OnReset')]);
  const at = (journal: Partial<Journal>) =>
    gist(decideRaid(seen({ node: { disablePowerOff: true }, journal: { raid, ...journal } }), 'clean', create));
  expect(at({})).toBe('effect {"kind":"read-power"}');
  expect(at({ power: on })).toBe('effect {"kind":"restart","manner":"hard"}');
  expect(at({ power: off })).toContain('"set-power","to":"on"');
  expect(at({ power: on, done: ['restarted'] })).toBe('note');
});

test('volumes are made beside an agent, unless the request says that none is to be booted', () => {
  const work = { phase: 'clean', wanted: [create] } as const;
  const at = (args: JsonObject) => {
    const decision = decideStepWork(seen({ args }), work);
    return decision === undefined ? '' : gist(decision);
  };
  expect(at({})).toContain('"set-power","to":"off"');
  expect(at({ disable_ramdisk: true })).toBe('note');
});

const wish = (name: string, args?: JsonObject, targetRaidConfig: JsonObject = twoMirrors) =>
  raidWishOf(step(name, args), { targetRaidConfig });
const plan = (...args: Parameters<typeof wish>) =>
  planRaid(wish(...args), [controller({ ssd: 4 }, { volumes: [volume('7', { drives: ['/R/2', '/R/3'] })] })], now);

test('deleting is an act for each volume, and leaves drives that are shown as volumes alone', () => {
  const storage = controller({ ssd: 4 }, { volumes: [volume('1'), volume('2', { raidType: null })] });
  expect(planRaid(wish('delete_configuration'), [storage], now)).toMatchObject({
    acts: [{ kind: 'delete', volume: '/R/Volumes/1', applyTime: 'Immediate', state: 'due' }],
    thenCreate: false,
  });
});

test.each<[string, JsonObject, readonly (readonly string[])[]]>([
  ['all volumes', {}, [['/R/0', '/R/1']]],
  ['the root volume alone', { create_nonroot_volumes: false }, [['/R/0', '/R/1']]],
  ['the others', { create_root_volume: false }, []],
])('creating makes %s', (_what, args, drives) => {
  const one = { logical_disks: [{ ...mirror, is_root_volume: true }] };
  const { acts, before } = plan('create_configuration', args, one);
  expect(acts.map((each) => each.kind === 'create' && each.order.drives)).toEqual(drives);
  expect(before).toEqual(['/R/Volumes/7']);
});

test('what is to be made after a deletion is checked before it, and planned after it', () => {
  expect(() => plan('create_configuration')).toThrow(/Found no drives/);
  expect(plan('create_configuration', { delete_existing: true })).toMatchObject({
    acts: [{ kind: 'delete', volume: '/R/Volumes/7' }],
    thenCreate: true,
  });
  const tooMuch = { logical_disks: [mirror, mirror, mirror] };
  expect(() => plan('create_configuration', { delete_existing: true }, tooMuch)).toThrow(/Found no drives/);
});

test('a controller that acts only in the self test is asked so', () => {
  const storage = controller({ ssd: 2 }, { applyTimes: ['OnReset', 'AtMaintenanceWindowStart'] });
  const { acts } = planRaid(wish('create_configuration', {}, { logical_disks: [mirror] }), [storage], now);
  expect(acts).toMatchObject([{ order: { applyTime: 'OnReset', raidType: 'RAID1', collection: '/R/Volumes' } }]);
});

test('apply_configuration brings its own target', () => {
  const target = { logical_disks: [mirror] };
  expect(wish('apply_configuration', { raid_config: target, delete_existing: true })).toMatchObject({
    creates: true,
    deletes: true,
    target,
  });
});

test.each([
  ['create_configuration', { force: true }, /takes no argument force/],
  ['delete_configuration', { delete_existing: true }, /takes no argument delete_existing; it takes none/],
  ['create_configuration', { create_root_volume: 'yes' }, /create_root_volume .* is "yes", not true or false/],
  ['apply_configuration', {}, /needs args.raid_config/],
])('%s with %j is refused', (name, args, words) => {
  expect(() => wish(name, args)).toThrow(words);
});

test.each<[string, JsonObject, RegExp]>([
  ['no logical disks', { logical_disks: [] }, /nothing to create/],
  [
    'a level that Redfish does not make',
    { logical_disks: [{ ...mirror, raid_level: '2' }] },
    /raid_level of logical disk 1/,
  ],
  ['a size of zero', { logical_disks: [{ ...mirror, size_gb: 0 }] }, /size_gb .* is 0/],
  ['SCSI', { logical_disks: [{ ...mirror, interface_type: 'scsi' }] }, /interface_type/],
  ['an unknown type', { logical_disks: [{ ...mirror, disk_type: 'tape' }] }, /disk_type/],
  ['hints for drives', { logical_disks: [{ ...mirror, physical_disks: [{ size: 1 }] }] }, /physical_disks/],
  [
    'numbers that contradict each other',
    {
      logical_disks: [mirror, { ...mirror, volume_name: 'x', physical_disks: ['1', '2'], number_of_physical_disks: 3 }],
    },
    /number_of_physical_disks of logical disk 2 \("x"\) is 3, not the number of its physical_disks \(2\)/,
  ],
  [
    'two root volumes',
    {
      logical_disks: [
        { ...mirror, is_root_volume: true },
        { ...mirror, is_root_volume: true },
      ],
    },
    /Only one/,
  ],
])('a target with %s is refused', (_what, target, words) => {
  expect(() => logicalDisksOf(target)).toThrow(words);
});

const root = volume('1', { wwn: '0x6000', name: 'root' });
const made = [controller({ ssd: 4 }, { volumes: [root, volume('2'), volume('3', { raidType: null })] })];

test('the volumes that there are become the RAID configuration, and the root volume the disk of the image', () => {
  expect(raidRecord(someNode, made, [root.path], 0)).toEqual({
    raidConfig: {
      logical_disks: [
        {
          ...{ id: '1', name: 'root', controller: 'R', size_gb: 100, raid_level: '1', is_root_volume: true },
          root_device_hint: { wwn: '0x6000' },
        },
        { id: '2', name: 'v2', controller: 'R', size_gb: 100, raid_level: '1' },
      ],
      last_updated: '1970-01-01T00:00:00.000Z',
    },
    properties: { root_device: { wwn: '0x6000' }, local_gb: 100 },
  });
});

test('a root volume stays one when others are made, and its hint goes with it, but no hint of somebody else', () => {
  const { raidConfig = {}, properties = {} } = raidRecord(someNode, made, [root.path], 0);
  const later = raidRecord({ raidConfig, properties }, made, [], 1);
  expect(later.raidConfig?.['logical_disks']).toMatchObject([{ is_root_volume: true }, {}]);
  expect(raidRecord({ raidConfig, properties }, [controller({ ssd: 4 })], [], 1)).toEqual({
    raidConfig: { logical_disks: [], last_updated: '1970-01-01T00:00:00.001Z' },
    properties: { local_gb: 100 },
  });
  const own = { root_device: { name: '/dev/sda' } };
  expect(raidRecord({ raidConfig, properties: own }, [controller({ ssd: 4 })], [], 1).properties).toBeUndefined();
});
