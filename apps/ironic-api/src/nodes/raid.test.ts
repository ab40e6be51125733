import { expect, test } from '@jest/globals';
import { checkRaidConfig } from './raid.ts';

const disk = (more: object = {}) => ({ size_gb: 100, raid_level: '1', ...more });
const check = (raidInterface: string, ...disks: readonly object[]) =>
  checkRaidConfig({ logical_disks: disks }, raidInterface);

test('a target is taken as it is, and none takes it away', () => {
  const config = { logical_disks: [disk({ is_root_volume: true }), disk({ size_gb: 'MAX', physical_disks: ['1'] })] };
  expect(checkRaidConfig(config, 'redfish')).toBe(config);
  expect(checkRaidConfig(undefined, 'redfish')).toEqual({});
});

test.each([
  ['two root volumes', [disk({ is_root_volume: true }), disk({ is_root_volume: true })], /more than one root volume/],
  ['a level that Redfish does not make', [disk({ raid_level: 'JBOD' })], /RAID level JBOD of logical disk 1/],
  ['SCSI', [disk(), disk({ interface_type: 'scsi' })], /interface type scsi of logical disk 2/],
  [
    'numbers that contradict each other',
    [disk({ physical_disks: ['1'], number_of_physical_disks: 2 })],
    /number_of_physical_disks of logical disk 1 is 2, but physical_disks has 1/,
  ],
  ['no level', [{ size_gb: 1 }], /raid_level/],
])('%s is refused', (_what, disks, words) => {
  expect(() => check('redfish', ...disks)).toThrow(words);
});

test('what one interface does not make, another may', () => {
  expect(() => check('agent', disk({ raid_level: 'JBOD', interface_type: 'scsi' }))).not.toThrow();
});
