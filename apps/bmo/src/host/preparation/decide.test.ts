import { expect, test } from '@jest/globals';
import type { RaidConfig } from '@metal3/metal3-api';
import { bmcAccess } from '../../bmc/access.ts';
import type { HostView } from '../view.ts';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import { decidePreparation, decideReadiness } from './decide.ts';

const mirror: RaidConfig = { softwareRAIDVolumes: [{ level: '1', rootVolume: true }] };
const mirrorDisks = [{ raid_level: '1', size_gb: 'MAX', controller: 'software', is_root_volume: true }];
const striped: RaidConfig = {
  hardwareRAIDVolumes: [
    { name: 'os', level: '1', sizeGibibytes: 100, rotational: false, numberOfPhysicalDisks: 2 },
    { name: 'data', level: '5+0', sizeGibibytes: 0, controller: 'RAID.1', physicalDisks: ['d1', 'd2'] },
  ],
};
const stripedDisks = [
  { raid_level: '1', size_gb: 100, volume_name: 'os', disk_type: 'ssd', number_of_physical_disks: 2 },
  { raid_level: '5+0', size_gb: 'MAX', volume_name: 'data', controller: 'RAID.1', physical_disks: ['d1', 'd2'] },
];
const byAgent = { raidInterface: 'agent', targetRaid: { logical_disks: mirrorDisks } };
const byBmc = { raidInterface: 'redfish', targetRaid: { logical_disks: stripedDisks } };
const asks = (request: object): object => expect.objectContaining({ kind: 'ask', request });
const step = (on: string, name: string): object => ({ interface: on, step: name });
const cleans = (...clean_steps: object[]): object => asks({ do: 'verb', verb: 'clean', args: { clean_steps } });
const records = (raid: unknown): object => ({ then: { status: { provisioning: { raid } } } });
const available = (raid: unknown): object =>
  expect.objectContaining({
    kind: 'advance',
    to: 'available',
    notes: expect.objectContaining({ status: { provisioning: expect.objectContaining({ raid }) } }),
  });
const recorded = (raid: RaidConfig): ViewOptions => ({ status: { provisioning: { raid } } });

test.each<[sentence: string, options: ViewOptions, decision: object]>([
  ['a host without RAID is ready at once', {}, available(undefined)],
  [
    'a node that is available is taken back before its volumes are touched',
    { spec: { raid: mirror }, node: { provisionState: 'available' } },
    asks({ do: 'verb', verb: 'manage' }),
  ],
  [
    'software volumes are made by the agent',
    { spec: { raid: mirror }, node: { raidInterface: 'redfish' } },
    asks({ do: 'patch', patch: [{ op: 'add', path: '/raid_interface', value: 'agent' }] }),
  ],
  [
    'the volumes are put on record before the cleaning that makes them',
    { spec: { raid: mirror }, node: { raidInterface: 'agent' } },
    asks({ do: 'raid', config: { logical_disks: mirrorDisks } }),
  ],
  [
    'a target of another time is replaced',
    { spec: { raid: mirror }, node: { ...byAgent, targetRaid: { logical_disks: [{ raid_level: '0' }] } } },
    asks({ do: 'raid', config: { logical_disks: mirrorDisks } }),
  ],
  [
    'software volumes take the place of all that was on the disks',
    { spec: { raid: mirror }, node: byAgent },
    cleans(
      step('raid', 'delete_configuration'),
      step('deploy', 'erase_devices_metadata'),
      step('raid', 'create_configuration'),
    ),
  ],
  ['what is made is on record', { spec: { raid: mirror }, node: byAgent }, expect.objectContaining(records(mirror))],
  ['volumes that were made are not made again', { spec: { raid: mirror }, ...recorded(mirror) }, available(mirror)],
  [
    'software volumes are told by their disks',
    {
      spec: {
        raid: {
          softwareRAIDVolumes: [{ level: '1', physicalDisks: [{ deviceName: '/dev/sda' }, { serialNumber: 'x' }] }],
        },
      },
      node: { raidInterface: 'agent' },
    },
    asks({
      do: 'raid',
      config: {
        logical_disks: [
          {
            raid_level: '1',
            size_gb: 'MAX',
            controller: 'software',
            physical_disks: [{ name: 's== /dev/sda' }, { serial: 's== x' }],
          },
        ],
      },
    }),
  ],
  [
    'hardware volumes are made by the BMC',
    { spec: { raid: striped }, node: { raidInterface: 'redfish' } },
    asks({ do: 'raid', config: { logical_disks: stripedDisks } }),
  ],
  [
    'their disks are not erased for it',
    { spec: { raid: striped }, node: byBmc },
    cleans(step('raid', 'delete_configuration'), step('raid', 'create_configuration')),
  ],
  [
    'hardware volumes stay when the host says nothing of them',
    recorded(striped),
    available({ ...striped, softwareRAIDVolumes: [] }),
  ],
  [
    'and go when it says that there are to be none',
    {
      spec: { raid: { hardwareRAIDVolumes: [] } },
      node: { raidInterface: 'redfish', targetRaid: {} },
      ...recorded(striped),
    },
    cleans(step('raid', 'delete_configuration')),
  ],
  [
    'software volumes go when the host says nothing of them',
    { node: { ...byAgent, targetRaid: {} }, ...recorded(mirror) },
    cleans(step('raid', 'delete_configuration'), step('deploy', 'erase_devices_metadata')),
  ],
  [
    'an empty list of software volumes does not hide the hardware ones',
    { spec: { raid: { ...striped, softwareRAIDVolumes: [] } }, node: byBmc },
    cleans(step('raid', 'delete_configuration'), step('raid', 'create_configuration')),
  ],
  [
    'software volumes are gone before hardware ones are made in their place',
    { spec: { raid: striped }, node: { ...byAgent, targetRaid: {} }, ...recorded(mirror) },
    expect.objectContaining({
      ...records({ hardwareRAIDVolumes: null, softwareRAIDVolumes: [] }),
      request: expect.objectContaining({ verb: 'clean' }),
    }),
  ],
  [
    'two hardware volumes of one name are refused',
    {
      spec: {
        raid: {
          hardwareRAIDVolumes: [
            { level: '1', name: 'a' },
            { level: '0', name: 'a' },
          ],
        },
      },
    },
    { kind: 'fail', type: 'preparation error', message: expect.stringContaining('"a"') },
  ],
  [
    'the first software volume holds the system and must be a mirror',
    { spec: { raid: { softwareRAIDVolumes: [{ level: '0' }] } } },
    { kind: 'fail', type: 'preparation error', message: expect.stringContaining('level 1') },
  ],
  ['cleaning is waited for', { node: { provisionState: 'clean wait' } }, expect.objectContaining({ kind: 'wait' })],
  [
    'after a failure all of it is to be done again',
    { spec: { raid: mirror }, node: { provisionState: 'clean failed', lastError: 'no disk' }, ...recorded(mirror) },
    {
      kind: 'fail',
      type: 'preparation error',
      message: 'no disk',
      notes: { status: { provisioning: { raid: undefined } } },
    },
  ],
  [
    'but hardware volumes that the host does not name stay on record',
    {
      spec: { raid: mirror },
      node: { provisionState: 'clean failed', lastError: 'no disk' },
      ...recorded({ ...striped, ...mirror }),
    },
    expect.objectContaining({
      notes: { status: { provisioning: { raid: { ...striped, softwareRAIDVolumes: null } } } },
    }),
  ],
])('%s', (sentence, options, decision) => {
  expect([sentence, decidePreparation(viewOf('preparing', options))]).toEqual([sentence, decision]);
});

test('a driver without RAID refuses hardware volumes, saying so', () => {
  const bmc: HostView['bmc'] = {
    kind: 'known',
    access: bmcAccess('ipmi://192.0.2.1'),
    credentials: { username: 'admin', password: 'secret' },
    secret: { name: 'bmc', namespace: 'metal', resourceVersion: '7' },
  };
  expect(decidePreparation(viewOf('preparing', { spec: { raid: striped }, more: { bmc } }))).toEqual({
    kind: 'fail',
    type: 'preparation error',
    message: expect.stringContaining('does not support hardware RAID'),
  });
});

const noHints: ViewOptions['status'] = { provisioning: { rootDeviceHints: undefined } };

test.each<[sentence: string, options: ViewOptions, changed: boolean]>([
  ['a host is prepared again for volumes it does not have', { spec: { raid: striped } }, true],
  ['not for those it has', { spec: { raid: striped }, ...recorded(striped) }, false],
  ['not when its software volumes went with the image', recorded({ ...striped, softwareRAIDVolumes: null }), false],
  ['nor without any', {}, false],
  ['but again for software volumes that went with the image', { spec: { raid: mirror }, status: noHints }, true],
])('%s', (_sentence, options, changed) => {
  const decision = decideReadiness(viewOf('available', options));
  expect(decision).toEqual(changed ? { kind: 'advance', to: 'preparing' } : undefined);
});
