import { expect, test } from '@jest/globals';
import type { Json } from '@metal3/node';
import { parseLldp, switchAddress } from './parse.ts';

const hex = (text: string) => Buffer.from(text).toString('hex');

test.each<[string, Json, Json]>([
  ['a switch by its address', [1, '04885a92ec5459'], { switch_chassis_id: '88:5a:92:ec:54:59' }],
  ['a switch by its IPv4 address', [1, '0501c0000201'], { switch_chassis_id: '192.0.2.1' }],
  ['a switch by a name of its own', [1, `07${hex('sw')}`], { switch_chassis_id: 'sw' }],
  ['a port by its name', [2, `05${hex('Ethernet1/18')}`], { switch_port_id: 'Ethernet1/18' }],
  ['a port by its address', [2, '03885a92ec5459'], { switch_port_id: '88:5a:92:ec:54:59' }],
  ['the time to live', [3, '0078'], {}],
  ['the description of a port', [4, hex('to rack 3')], { switch_port_description: 'to rack 3' }],
  ['the name of a system', [5, hex('leaf-1')], { switch_system_name: 'leaf-1' }],
  ['the description of a system', [6, hex('NX-OS')], { switch_system_description: 'NX-OS' }],
  [
    'capabilities',
    [7, '00140004'],
    { switch_capabilities_support: ['Bridge', 'Router'], switch_capabilities_enabled: ['Bridge'] },
  ],
  ['an IPv4 address of management', [8, '0501c000020a020000000000'], { switch_mgmt_addresses: ['192.0.2.10'] }],
  [
    'an IPv6 address of management',
    [8, '110220010db8000000000000000000000001020000000000'],
    { switch_mgmt_addresses: ['2001:db8::1'] },
  ],
  ['the untagged VLAN', [127, '0080c2010065'], { switch_port_untagged_vlan_id: 101 }],
  [
    'a protocol VLAN',
    [127, '0080c202060065'],
    {
      switch_port_protocol_vlan_enabled: true,
      switch_port_protocol_vlan_support: true,
      switch_port_protocol_vlan_ids: [101],
    },
  ],
  ['a VLAN and its name', [127, `0080c203006604${hex('v102')}`], { switch_port_vlans: [{ name: 'v102', id: 102 }] }],
  ['a protocol', [127, '0080c20402888e'], { switch_protocol_identities: ['888e'] }],
  ['the VLAN of management', [127, '0080c206000a'], { switch_port_management_vlan_id: 10 }],
  [
    'link aggregation',
    [127, '0080c2070300000007'],
    {
      switch_port_link_aggregation_enabled: true,
      switch_port_link_aggregation_support: true,
      switch_port_link_aggregation_id: 7,
    },
  ],
  [
    'autonegotiation',
    [127, '00120f01036c110010'],
    { switch_port_autonegotiation_enabled: true, switch_port_autonegotiation_support: true },
  ],
  ['the size of frames', [127, '00120f042400'], { switch_port_mtu: 9216 }],
  ['an organization that is not known', [127, '00000c0101'], {}],
  ['the end', [0, ''], {}],
  ['a type that is not known', [99, '00'], {}],
])('%s is read', (_what, tlv, said) => {
  expect(parseLldp([tlv])).toEqual(said);
});

test.each<[string, Json]>([
  ['no TLV at all', 'x'],
  ['a value that is not hexadecimal', [5, 'xyz']],
  ['half a byte', [5, '123']],
  ['text that is none', [5, 'fffe']],
  ['a value that is too long', [5, '41'.repeat(512)]],
  ['an address that is cut off', [1, '0488']],
  ['capabilities that are cut off', [7, '0014']],
  ['a VLAN that is cut off', [127, '0080c2030066']],
  ['the name of a VLAN that is cut off', [127, '0080c203006609313233']],
  ['an organization without a subtype', [127, '0080c2']],
])('%s is left out', (_what, tlv) => {
  expect(parseLldp([tlv])).toEqual({});
});

test('VLANs are collected, and of anything that comes once the first counts', () => {
  const vlan = (id: string, name: string) => [127, `0080c203${id}02${hex(name)}`];
  expect(parseLldp([[5, hex('one')], vlan('0065', 'aa'), [5, hex('two')], vlan('0066', 'bb')])).toEqual({
    switch_system_name: 'one',
    switch_port_vlans: [
      { name: 'aa', id: 101 },
      { name: 'bb', id: 102 },
    ],
  });
});

test('the address of a switch is what it names itself by, or unknown', () => {
  expect(switchAddress([[1, '04885a92ec5459']])).toBe('88:5a:92:ec:54:59');
  expect(switchAddress([[1, `07${hex('local')}`]])).toBeUndefined();
  expect(switchAddress(undefined)).toBeUndefined();
});
