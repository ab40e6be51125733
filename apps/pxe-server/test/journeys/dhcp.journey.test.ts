import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dhclient, udhcpc } from './dhcp-clients.ts';
import { testNetwork, type Machine, type TestNetwork } from '@metal3/testing';
import { startPxeServer, type PxeProcess } from './pxe-process.ts';

let folder: string;
let network: TestNetwork;
let server: Machine;
let known: Machine;
let stranger: Machine;
let squatter: Machine;
let pxe: PxeProcess;

const start = () =>
  startPxeServer(
    server,
    join(folder, 'server'),
    {
      http: { listen: '192.0.2.1:6180' },
      dhcp: {
        mode: 'server',
        listen: '192.0.2.1',
        leaseFile: join(folder, 'leases.jsonl'),
        reservations: ['52:54:00:00:00:07=192.0.2.77=seven'],
        subnets: [
          {
            network: '192.0.2.0/24',
            ranges: ['192.0.2.100-192.0.2.103'],
            dnsServers: ['192.0.2.53'],
            domain: 'lab.example',
          },
          // Behind relays.
          { network: '198.51.100.0/24', ranges: ['198.51.100.10-198.51.100.19'], routers: ['198.51.100.1'] },
          { network: '203.0.113.0/24', ranges: ['203.0.113.10-203.0.113.19'], routers: ['203.0.113.1'] },
        ],
      },
    },
    [1, 2, 3, 4, 5].map((index) => ({ nodeUuid: `node-${index}`, mac: `52:54:00:00:00:0${index}` })),
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pxe-dhcp-'));
  network = await testNetwork();
  server = await network.machine('server', { address: '192.0.2.1/24' });
  known = await network.machine('known', { mac: '52:54:00:00:00:01' });
  stranger = await network.machine('stranger', { mac: '02:00:00:00:00:01' });
  squatter = await network.machine('squatter', {});
  pxe = await start();
});

afterAll(async () => {
  await network?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A relay between the network of the server and a far one; it speaks there with the first address. */
async function farMachine(name: string, net: string, address: string, mac: string): Promise<Machine> {
  const relay = await network.machine(`${name}-relay`, { address, also: [{ on: name, address: `${net}.1/24` }] });
  await server.run('ip', 'route', 'add', `${net}.0/24`, 'via', address.replace('/24', ''));
  relay.start('dnsmasq', '--no-daemon', '--conf-file=/dev/null', '--port=0', '--user=root', `--dhcp-relay=${net}.1,192.0.2.1`); // prettier-ignore
  return network.machine(name, { on: name, mac });
}

const as = (machine: Machine, mac: string) => machine.run('ip', 'link', 'set', 'eth0', 'address', mac);

test('a machine of the stack gets its address through udhcpc and through dhclient, and it is the same one', async () => {
  const first = await udhcpc(known, folder);
  expect(first).toMatchObject({ mask: '24', serverid: '192.0.2.1', dns: '192.0.2.53', lease: '3600' });
  expect(first['ip']).toMatch(/^192\.0\.2\.10[0-3]$/);
  expect(first['router']).toBeUndefined();
  const second = await dhclient(known, folder, 'request subnet-mask, domain-name-servers, domain-name;\n');
  expect(second).toMatchObject({
    reason: 'BOUND',
    new_ip_address: first['ip'],
    new_subnet_mask: '255.255.255.0',
    new_domain_name: 'lab.example',
    new_dhcp_server_identifier: '192.0.2.1',
  });
});

test('firmware is told its boot loader, and iPXE its script', async () => {
  const options = ['-O', 'bootfile', '-O', 'tftp', '-V', 'PXEClient:Arch:00007:UNDI:003016', '-x', '0x5d:0007'];
  const firmware = await udhcpc(known, folder, ...options);
  expect(firmware).toMatchObject({
    bootfile: 'snponly.efi',
    tftp: '192.0.2.1',
    siaddr: '192.0.2.1',
    boot_file: 'snponly.efi',
  });
  const bios = await udhcpc(
    known,
    folder,
    '-O',
    'bootfile',
    '-V',
    'PXEClient:Arch:00000:UNDI:002001',
    '-x',
    '0x5d:0000',
  );
  expect(bios).toMatchObject({ bootfile: 'undionly.kpxe' });
  const ipxe = await udhcpc(known, folder, ...options, '-x', '0x4d:69505845');
  expect(ipxe).toMatchObject({ bootfile: 'http://192.0.2.1:6180/boot.ipxe' });
  const http = await udhcpc(known, folder, '-V', 'HTTPClient:Arch:00016:UNDI:003001', '-x', '0x5d:0010');
  expect(http).toMatchObject({ bootfile: 'http://192.0.2.1:6180/loaders/snponly.efi', vendor: 'HTTPClient' });
});

test('a machine that nobody knows gets no answer, and a line in the log says why', async () => {
  await expect(udhcpc(stranger, folder, '-t', '2', '-T', '1')).rejects.toThrow();
  await pxe.says({ mac: '02:00:00:00:00:01', why: 'unknown-machine', msg: 'dhcp: DISCOVER not answered' });
  expect(await pxe.metrics()).toMatch(/pxe_dhcp_packets_total\{outcome="unknown-machine",[^}]*\} [12]\n/);
});

test('a reserved address comes with its name', async () => {
  await as(stranger, '52:54:00:00:00:07');
  expect(await udhcpc(stranger, folder, '-O', 'hostname')).toMatchObject({ ip: '192.0.2.77', hostname: 'seven' });
});

test('addresses survive a kill, and what a machine holds is not given to another', async () => {
  const before = await udhcpc(known, folder);
  await pxe.stop('SIGKILL');
  pxe = await start();
  await pxe.says({ msg: 'dhcp listens', leases: expect.any(Number) });
  await as(stranger, '52:54:00:00:00:02');
  const other = await udhcpc(stranger, folder, '-r', before['ip'] ?? '');
  expect(other['ip']).not.toBe(before['ip']);
  expect((await udhcpc(known, folder))['ip']).toBe(before['ip']);
});

test('an address that somebody uses who never asked for it is not given out', async () => {
  const taken = ['192.0.2.100', '192.0.2.101', '192.0.2.102', '192.0.2.103'];
  const held = new Set(pxe.log().map((line) => line['address']));
  const free = taken.find((address) => !held.has(address)) ?? '';
  await squatter.run('ip', 'address', 'add', `${free}/24`, 'dev', 'eth0');
  await as(stranger, '52:54:00:00:00:03');
  const lease = await udhcpc(stranger, folder, '-r', free);
  expect(lease['ip']).not.toBe(free);
  await pxe.says({ address: free, msg: 'dhcp: somebody else uses the address' });
});

test('behind relays of another maker each network has its own addresses and router, and all the same server', async () => {
  const boots = ['-O', 'bootfile', '-V', 'PXEClient:Arch:00007:UNDI:003016', '-x', '0x5d:0007'];
  const common = { serverid: '192.0.2.1', siaddr: '192.0.2.1', bootfile: 'snponly.efi' };
  const one = await farMachine('far-one', '198.51.100', '192.0.2.11/24', '52:54:00:00:00:04');
  const lease = await udhcpc(one, folder, ...boots);
  expect(lease).toMatchObject({ ...common, router: '198.51.100.1', ip: expect.stringMatching(/^198\.51\.100\.1\d$/) });
  const two = await farMachine('far-two', '203.0.113', '192.0.2.12/24', '52:54:00:00:00:05');
  const other = await udhcpc(two, folder, ...boots);
  expect(other).toMatchObject({ ...common, router: '203.0.113.1', ip: expect.stringMatching(/^203\.0\.113\.1\d$/) });
  // The machine that moved behind another relay gets an address of where it is now.
  await as(two, '52:54:00:00:00:04');
  expect((await udhcpc(two, folder, ...boots))['ip']).toMatch(/^203\.0\.113\.1\d$/);
});
