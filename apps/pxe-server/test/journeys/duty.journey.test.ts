import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  asAdmin,
  chartAccount,
  testControlPlane,
  type ChartAccount,
  type TestControlPlane,
} from '@metal3/local-servers';
import { eventually, testNetwork, type Machine, type TestNetwork } from '@metal3/testing';
import { udhcpc } from './dhcp-clients.ts';
import { startPxeServer, type PxeProcess } from './pxe-process.ts';

const leaseMs = 15_000;
const forward = resolve(import.meta.dirname, 'fixtures/forward.ts');
let folder: string;
let network: TestNetwork;
let gate: Server;
let plane: TestControlPlane;
let account: ChartAccount;
let namespace: string;
let client: Machine;
const replicas: Record<string, PxeProcess> = {};
const addresses: Record<string, string> = { one: '192.0.2.1', two: '192.0.2.2' };

/** The same configuration everywhere: each replica finds its own address in the network. */
async function start(name: string, machine: Machine): Promise<void> {
  replicas[name] = await startPxeServer(
    machine,
    join(folder, name),
    {
      http: { listen: `${addresses[name]}:6180` },
      dhcpDuty: { by: 'lease', lease: 'pxe-server-dhcp', namespace, kubeconfig: account.kubeconfigPath },
      dhcp: {
        mode: 'server',
        listen: '192.0.2.0/24',
        leaseFile: join(folder, name, 'leases.jsonl'),
        subnets: [{ network: '192.0.2.0/24', ranges: ['192.0.2.100-192.0.2.199'] }],
      },
    },
    [{ nodeUuid: 'node-1', mac: '52:54:00:00:00:01' }],
  );
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pxe-duty-'));
  plane = await testControlPlane();
  ({ namespace } = plane);
  const subnets = [{ network: '192.0.2.0/24', ranges: ['192.0.2.100-192.0.2.199'] }];
  const dhcp = { mode: 'server', listen: '192.0.2.0/24', subnets };
  const values = {
    fullnameOverride: 'pxe-server',
    tls: { secretName: 'metal3-tls' },
    replicas: 2,
    config: { http: { url: 'http://192.0.2.1:6180' }, dhcp },
  };
  account = await chartAccount(plane, { chart: 'pxe-server', namespace, values });

  const { hostname, port } = new URL(plane.url);
  gate = createServer((inside) => {
    const outside = connect(Number(port), hostname);
    inside.pipe(outside).pipe(inside);
    inside.on('error', () => outside.destroy()).on('close', () => outside.destroy());
    outside.on('error', () => inside.destroy()).on('close', () => inside.destroy());
  }).listen(join(folder, 'api'));
  expect(await readFile(account.kubeconfigPath, 'utf8')).toContain(`127.0.0.1:${port}`);

  network = await testNetwork();
  client = await network.machine('client', { mac: '52:54:00:00:00:01' });
  for (const name of ['one', 'two']) {
    const machine = await network.machine(name, { address: `${addresses[name]}/24` });
    machine.start(process.execPath, '--disable-warning=ExperimentalWarning', forward, port, join(folder, 'api'));
    await start(name, machine);
  }
}, 300_000);

afterAll(async () => {
  await network?.close();
  await account?.remove();
  gate?.close();
  await rm(folder, { recursive: true, force: true });
});

const answered = (name: string) =>
  (replicas[name]?.log() ?? []).filter(({ msg }) => /answered (OFFER|ACK)/.test(String(msg))).length;
/** When it began to lead; undefined if it never did. */
const ledFrom = (name: string) => {
  const line = (replicas[name]?.log() ?? []).find(({ msg }) => msg === 'leading');
  return line && new Date(line['time'] as string | number).getTime();
};
const leads = (name: string) => ledFrom(name) !== undefined;
const lastRenewal = async () => {
  const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/pxe-server-dhcp`;
  const { body } = await asAdmin(plane, 'GET', path);
  return Date.parse((body as { readonly spec: { readonly renewTime: string } }).spec.renewTime);
};
const other = (name: string) => (name === 'one' ? 'two' : 'one');

test('of two replicas one answers; when it is killed the other does within the lease time, with the same address, and never both', async () => {
  const onDuty = await eventually(() => ['one', 'two'].find(leads), { timeoutMs: 60_000 });
  const standby = other(onDuty);
  const first = await udhcpc(client, folder);
  expect(first['serverid']).toBe(addresses[onDuty]);
  expect(answered(standby)).toBe(0);
  await eventually(async () => {
    expect(await replicas[standby]?.metrics()).toMatch(/pxe_dhcp_packets_total\{outcome="standby",[^}]*\} [1-9]/);
    return true;
  });

  await replicas[onDuty]?.stop('SIGKILL');
  const before = answered(onDuty);
  const renewed = await lastRenewal();
  const second = await eventually(() => udhcpc(client, folder, '-t', '1', '-T', '1'), { timeoutMs: 60_000 });
  expect(second).toMatchObject({ serverid: addresses[standby], ip: first['ip'] });
  expect(answered(onDuty)).toBe(before);
  // Whoever was killed had not given the Lease back: it had to be waited for, and that once.
  const waited = (ledFrom(standby) ?? 0) - renewed;
  expect(waited).toBeGreaterThanOrEqual(leaseMs);
  expect(waited).toBeLessThan(2 * leaseMs);
}, 180_000);
