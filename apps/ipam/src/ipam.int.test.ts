import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { addressClient, type AddressClient } from '@metal3/ipam-client';
import { connectKubernetes, type Kubernetes, readKubeConfig } from '@metal3/kube-client';
import { lease } from '@metal3/kube-controller';
import {
  type Child,
  freePort,
  serviceEntry,
  startChild,
  testControlPlane,
  type TestControlPlane,
  waitUntilReady,
} from '@metal3/local-servers';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';

const now = () => Date.now();
const folder = mkdtempSync(join(tmpdir(), 'ipam-test-'));
const replicas: Child[] = [];
let plane: TestControlPlane;
let api: Kubernetes;
let grpc: AddressClient;
let namespace: string;

beforeAll(async () => {
  plane = await testControlPlane();
  ({ namespace } = plane);
  api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'ipam-test', now });
  const port = await freePort();
  await Promise.all([port, await freePort()].map(startReplica));
  grpc = addressClient({ address: `127.0.0.1:${port}` });
  await api.create(ipPool, {
    metadata: { namespace, name: 'pool' },
    spec: { namePrefix: 'pool', pools: [{ start: '10.0.0.1', end: '10.0.0.200', prefix: 24 }] },
  });
});
afterAll(async () => {
  grpc?.close();
  await Promise.all(replicas.map((replica) => replica.stop({ graceMs: 5_000 })));
  await api?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts one; resolves when it is ready, to lead or to take over. */
async function startReplica(grpcPort: number): Promise<void> {
  const health = `127.0.0.1:${await freePort()}`;
  const flags = ['--kubeconfig', plane.kubeconfigPath, '--namespace', namespace, '--leader-elect'];
  const replica = startChild({
    name: 'ipam',
    command: process.execPath,
    args: [serviceEntry('ipam'), ...flags, '--grpc-listen', `127.0.0.1:${grpcPort}`, '--health-listen', health],
    env: { PATH: process.env['PATH'], HOME: folder, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    logFile: join(folder, `ipam-${randomUUID()}.log`),
  });
  replicas.push(replica);
  await waitUntilReady(replica, async () => (await fetch(`http://${health}/readyz`)).ok, 60_000);
}

const makeClaim = (name: string) =>
  api.create(ipClaim, { metadata: { namespace, name }, spec: { pool: { name: 'pool' } } });
const addressOf = async (name: string) => (await api.get(ipClaim, { namespace, name })).status?.address?.name;
const leader = async () => (await api.find(lease, leaseKey()))?.spec.holderIdentity || undefined;
const leaseKey = () => ({ namespace, name: 'controller-leader-election-ipam-capm3' });

test('claims that come together get an address each', async () => {
  const names = Array.from({ length: 40 }, (_, at) => `claim-${at}`);
  await Promise.all(names.map(makeClaim));
  const given = await eventually(
    async () => {
      const found = await Promise.all(names.map(addressOf));
      return found.includes(undefined) ? undefined : found;
    },
    { timeoutMs: 60_000 },
  );
  expect(new Set(given).size).toBe(40);
  const { items } = await api.list(ipAddress, { namespace });
  expect(items.map(({ spec }) => spec.prefix)).toEqual(items.map(() => 24));
});

test('allocates, lists, watches and releases by gRPC on every replica', async () => {
  const { address } = await grpc.allocateAddress(
    { namespace, pool: 'pool', claim: 'by-grpc', requestedAddress: '10.0.0.150' },
    { timeoutMs: 60_000, waitForReady: true },
  );
  expect(address).toMatchObject({ address: '10.0.0.150', prefix: 24, claim: 'by-grpc', name: 'pool-10-0-0-150' });
  const { addresses } = await eventually(async () => {
    const list = await grpc.listAddresses({ namespace, pool: 'pool' });
    return list.addresses.length === 41 ? list : undefined;
  });
  expect(addresses.some((each) => each.claim === 'by-grpc')).toBe(true);
  await expect(
    grpc.allocateAddress({ namespace, pool: 'pool', claim: 'too-late', requestedAddress: '10.0.0.150' }),
  ).rejects.toMatchObject({ code: 'ADDRESS-REFUSED' });
  await grpc.releaseAddress({ namespace, claim: 'by-grpc' });
  // The claim that was refused is still there, and gets the address as soon as it is free.
  await eventually(async () => {
    const freed = await api.find(ipAddress, { namespace, name: 'pool-10-0-0-150' });
    return freed?.spec.claim.name === 'too-late';
  });
});

test('goes on with another replica when the leader is killed, and gives no address twice', async () => {
  const before = await eventually(leader);
  const pid = Number(/-(\d+)_/.exec(before)?.[1]);
  const killed = replicas.find((replica) => replica.pid === pid);
  if (killed === undefined) throw new Error(`${before} is none of ours`);
  killed.signal('SIGKILL');
  await killed.exited;
  await Promise.all(['after-1', 'after-2'].map(makeClaim));
  await eventually(async () => (await addressOf('after-2')) ?? undefined, { timeoutMs: 90_000 });
  expect(await leader()).not.toBe(before);
  const { items } = await api.list(ipAddress, { namespace });
  expect(new Set(items.map(({ spec }) => spec.address)).size).toBe(items.length);
});

test('hands over at once when the leader is stopped politely', async () => {
  await startReplica(await freePort());
  const before = await eventually(leader);
  const pid = Number(/-(\d+)_/.exec(before)?.[1]);
  await replicas.find((replica) => replica.pid === pid)?.stop({ graceMs: 10_000 });
  await eventually(
    async () => {
      const holder = await leader();
      return holder !== undefined && holder !== before;
    },
    { timeoutMs: 12_000 },
  );
});
