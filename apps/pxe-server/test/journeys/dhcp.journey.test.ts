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
        ],
      },
    },
    [1, 2, 3, 4].map((index) => ({ nodeUuid: `node-${index}`, mac: `52:54:00:00:00:0${index}` })),
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
