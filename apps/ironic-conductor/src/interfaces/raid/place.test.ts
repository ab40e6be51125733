import { expect, test } from '@jest/globals';
import type { JsonObject } from '@metal3/node';
import { placeVolumes } from './place.ts';
import { controller, volume } from './storage-for-tests.ts';
import { gibibyte, logicalDisksOf } from './target.ts';

const place = (disks: readonly JsonObject[], ...storage: readonly ReturnType<typeof controller>[]) =>
  placeVolumes(logicalDisksOf({ logical_disks: disks }), storage).map(
    ({ disk, controller: { id }, drives, bytes }) =>
      `${disk.level} at ${id}: ${drives.map((drive) => drive.id).join()} of ${Math.floor(bytes / gibibyte)}`,
  );
const disk = (level: string, size: number | 'MAX' = 100, more: JsonObject = {}): JsonObject => ({
  raid_level: level,
  size_gb: size,
  ...more,
});

test.each<[string, readonly JsonObject[], readonly string[]]>([
  ['the fewest drives that do', [disk('5')], ['5 at R: 0,1,2 of 100']],
  ['as many as are needed', [disk('5', 2500)], ['5 at R: 0,1,2,3 of 2500']],
  ['larger drives where the smaller do not do', [disk('1', 1500)], ['1 at R: 4,5 of 1500']],
  ['all it can get for MAX', [disk('5', 'MAX')], ['5 at R: 4,5,6,7 of 6000']],
  ['so many drives as are asked for', [disk('0', 10, { number_of_physical_disks: 3 })], ['0 at R: 0,1,2 of 10']],
  ['drives of the type that is asked for', [disk('1', 10, { disk_type: 'hdd' })], ['1 at R: 4,5 of 10']],
  ['spans of mirrors', [disk('1+0', 1500)], ['1+0 at R: 0,1,2,3 of 1500']],
  ['each volume drives of its own', [disk('1', 10), disk('1', 20)], ['1 at R: 0,1 of 10', '1 at R: 2,3 of 20']],
  [
    'exact sizes before MAX, in whatever order',
    [disk('1', 'MAX', { disk_type: 'ssd' }), disk('5', 10, { disk_type: 'hdd' })],
    ['5 at R: 4,5,6 of 10', '1 at R: 0,1 of 1000'],
  ],
  ['drives by id', [disk('1', 10, { physical_disks: ['3', '2'] })], ['1 at R: 3,2 of 10']],
  ['drives by serial number', [disk('0', 'MAX', { physical_disks: ['S1'] })], ['0 at R: 1 of 1000']],
  [
    'no drives that another volume names',
    [disk('1', 10), disk('1', 20, { physical_disks: ['0', '1'] })],
    ['1 at R: 0,1 of 20', '1 at R: 2,3 of 10'],
  ],
  [
    'what is left to MAX on shared drives',
    [
      disk('1', 'MAX', { physical_disks: ['0', '1'], share_physical_disks: true }),
      disk('1', 300, { physical_disks: ['0', '1'], share_physical_disks: true }),
    ],
    ['1 at R: 0,1 of 300', '1 at R: 0,1 of 700'],
  ],
])('a search finds %s', (_what, disks, expected) => {
  expect(place(disks, controller({ ssd: 4, hdd: 4 }))).toEqual(expected);
});

test.each<[string, number, readonly string[]]>([
  ['5+0', 6, ['5+0 at R: 0,1,2,3,4,5 of 100']],
  ['6+0', 8, ['6+0 at R: 0,1,2,3,4,5,6,7 of 100']],
])('RAID %s takes %i drives in two spans', (level, ssd, expected) => {
  expect(place([disk(level)], controller({ ssd }))).toEqual(expected);
  expect(() => place([disk(level)], controller({ ssd: ssd - 1 }))).toThrow(/an even number of drives/);
});

test('a search goes back on what it took where the rest does not fit otherwise', () => {
  // The first volume would take two of the three small drives that the second one needs.
  const disks = [disk('1', 100), disk('5', 1900, { number_of_physical_disks: 3 })];
  expect(place(disks, controller({ ssd: 3, hdd: 2 }))).toEqual(['1 at R: 3,4 of 100', '5 at R: 0,1,2 of 1900']);
});

test('a volume stays at one controller, and goes to the one that is asked for', () => {
  const two = [controller({ ssd: 2 }, { id: 'A' }), controller({ ssd: 2 }, { id: 'B', name: 'Bay 2' })] as const;
  expect(place([disk('1'), disk('1')], ...two)).toEqual(['1 at A: 0,1 of 100', '1 at B: 0,1 of 100']);
  expect(place([disk('1', 10, { controller: 'Bay 2' })], ...two)).toEqual(['1 at B: 0,1 of 10']);
  expect(place([disk('1', 10, { controller: 'B', physical_disks: ['0', '1'] })], ...two)).toEqual([
    '1 at B: 0,1 of 10',
  ]);
  expect(() => place([disk('5')], ...two)).toThrow('it needs 3 drives or more, of one kind and at one controller');
});

test('drives of volumes that exist are taken, and what is free of them is shared where that is asked for', () => {
  const busy = controller({ ssd: 2 }, { volumes: [volume('1', { bytes: 600 * gibibyte })] });
  expect(() => place([disk('1')], busy)).toThrow('2 sas ssd of 1000 GiB, 0 unused');
  expect(() => place([disk('1', 10, { physical_disks: ['0', '1'] })], busy)).toThrow('holds another volume');
  expect(place([disk('1', 'MAX', { share_physical_disks: true })], busy)).toEqual(['1 at R: 0,1 of 400']);
  const raw = controller({ ssd: 2 }, { volumes: [volume('1', { raidType: null })] });
  expect(place([disk('1')], raw)).toEqual(['1 at R: 0,1 of 100']);
});

test.each<[string, JsonObject, RegExp]>([
  ['more room than there is', disk('1', 99_999), /Found no drives for logical disk 1 \(RAID 1, 99999 GiB\)/],
  ['a protocol that no drive has', disk('1', 10, { interface_type: 'sata' }), /exactly 2 drives with sata/],
  [
    'a controller that there is not',
    disk('1', 10, { controller: 'X' }),
    /controller of logical disk 1 is "X"; there are R/,
  ],
  [
    'a drive that there is not',
    disk('1', 10, { physical_disks: ['0', '9'] }),
    /"9", which is no drive.*there are R\/0/,
  ],
  ['named drives of a wrong number', disk('5', 10, { physical_disks: ['0', '1'] }), /needs 3 drives or more; .* has 2/],
  ['more than fits on named drives', disk('1', 1001, { physical_disks: ['0', '1'] }), /room for 1000 GiB/],
  ['a level that the controller does not make', disk('6'), /No controller makes RAID level 6 .*R: RAID0, RAID1/],
])('%s is a problem that says why', (_what, wanted, words) => {
  const limited = controller({ ssd: 4 }, { raidTypes: ['RAID0', 'RAID1', 'RAID5'] });
  expect(() => place([wanted], limited)).toThrow(words);
});

test.each([
  ['no storage at all', []],
  ['no controller that makes RAID', [controller({ ssd: 2 }, { raidTypes: [] })]],
  ['no volumes', [controller({ ssd: 2 }, { volumeCollection: null })]],
])('a machine with %s has no RAID controller', (_what, storage) => {
  expect(() => place([disk('1')], ...storage)).toThrow(/no RAID controller/);
});
