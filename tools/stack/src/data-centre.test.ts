import { expect, test } from '@jest/globals';
import { enrolmentOf } from './data-centre.ts';

test('a user of the stock client is told the whole command that enrols a machine', () => {
  const machine = {
    name: 'node-0',
    uuid: '59321fb9-24ef-404f-9cd6-df03b1710092',
    bootMac: '52:23:13:00:00:00',
    account: { username: 'admin', password: 'secret' },
  };
  expect(enrolmentOf(machine, 'http://127.0.0.1:8000').split(' --')).toEqual([
    'openstack baremetal node create',
    'name node-0',
    'driver redfish',
    'boot-interface redfish-virtual-media',
    'driver-info redfish_address=http://127.0.0.1:8000',
    'driver-info redfish_system_id=/redfish/v1/Systems/59321fb9-24ef-404f-9cd6-df03b1710092',
    'driver-info redfish_username=admin',
    'driver-info redfish_password=secret',
  ]);
});
