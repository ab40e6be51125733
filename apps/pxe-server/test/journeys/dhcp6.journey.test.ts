import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dhclient } from './dhcp-clients.ts';
import { eventually, testNetwork, type Machine, type TestNetwork } from '@metal3/testing';
import { startPxeServer, type PxeProcess } from './pxe-process.ts';

let folder: string;
let network: TestNetwork;
let server: Machine;
let known: Machine;
let seven: Machine;
let stranger: Machine;
let pxe: PxeProcess;

const start = () =>
  startPxeServer(
    server,
    join(folder, 'server'),
    {
      http: { listen: '[2001:db8::1]:6180' },
      tftp: { listen: '[2001:db8::1]:69', root: join(import.meta.dirname, 'fixtures') },
      dhcp6: {
        mode: 'server',
        interface: 'eth0',
        address: '2001:db8::/64',
        leaseFile: join(folder, 'leases.jsonl'),
        reservations: ['52:54:00:00:00:07=2001:db8::77'],
        subnets: [{ network: '2001:db8::/64', range: '2001:db8::1000-2001:db8::1fff', dnsServers: ['2001:db8::53'] }],
      },
    },
    [{ nodeUuid: 'node-1', mac: '52:54:00:00:00:01' }],
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pxe-dhcp6-'));
  network = await testNetwork();
  server = await network.machine('server', { address: '2001:db8::1/64' });
  known = await network.machine('known', { mac: '52:54:00:00:00:01' });
  seven = await network.machine('seven', { mac: '52:54:00:00:00:07' });
  stranger = await network.machine('stranger', { mac: '02:00:00:00:00:02' });
  pxe = await start();
});

afterAll(async () => {
  await network?.close();
  await rm(folder, { recursive: true, force: true });
});

const config = [
  'option dhcp6.bootfile-url code 59 = string;',
  'option dhcp6.client-arch code 61 = unsigned integer 16;',
  'send dhcp6.client-arch 7;',
  'also request dhcp6.name-servers, dhcp6.bootfile-url;',
  'send dhcp6.vendor-class 0:0:1:57:0:20:50:58:45:43:6c:69:65:6e:74:3a:41:72:63:68:3a:30:30:30:30:37:3a:55:4e:44:49:3a:30:30:33:30:30:31;',
].join('\n');

test('dhclient gets an address and the boot file, and the same after a kill of the server', async () => {
  const first = await dhclient(known, folder, config, {}, '-6');
  expect(first).toMatchObject({ reason: 'BOUND6', new_dhcp6_name_servers: '2001:db8::53' });
  expect(first['new_ip6_address']).toMatch(/^2001:db8::1[0-9a-f]{3}$/);
  expect(first['new_dhcp6_bootfile_url']).toContain('tftp://[2001:db8::1]/snponly.efi');
  await pxe.stop('SIGKILL');
  pxe = await start();
  await pxe.says({ msg: 'dhcp6 listens', leases: 1 });
  const second = await dhclient(known, folder, config, {}, '-6');
  expect(second['new_ip6_address']).toBe(first['new_ip6_address']);
});

test('a reservation by MAC address holds, though the client names itself by a DUID', async () => {
  expect(await dhclient(seven, folder, config, {}, '-6')).toMatchObject({ new_ip6_address: '2001:db8::77' });
});

test('a machine that nobody knows gets nothing, and a line in the log says why', async () => {
  const said = { mac: '02:00:00:00:00:02', why: 'unknown-machine', msg: 'dhcp6: SOLICIT not answered' };
  // It asks at least once, which may take a while to begin with.
  await eventually(async () => {
    await expect(dhclient(stranger, folder, config, { timeoutMs: 4_000 }, '-6')).rejects.toThrow();
    expect(pxe.log()).toContainEqual(expect.objectContaining(said));
    return true;
  });
});

test('boot loaders are served over IPv6 too', async () => {
  await known.run('ip', 'address', 'add', '2001:db8::2222/64', 'dev', 'eth0', 'nodad');
  const text = await known.run('curl', '-sS', '--max-time', '20', 'tftp://[2001:db8::1]/boot-entries.ts');
  expect(text).toContain('Stands in for ironic-api');
});
