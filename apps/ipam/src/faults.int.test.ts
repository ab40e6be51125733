import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectKubernetes, isKubeError, type Kubernetes, readKubeConfig } from '@metal3/kube-client';
import {
  applyCrds,
  type Child,
  clusterApiCrds,
  type ControlPlane,
  freePort,
  serviceEntry,
  startChild,
  startControlPlane,
} from '@metal3/local-servers';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { clusterApiIpAddress, type IPAddressClaim, ipAddressClaim } from './cluster-api/kinds.ts';
import { installCrds } from './testing/install-crds.ts';

const now = () => Date.now();
const namespace = 'default';
const folder = mkdtempSync(join(tmpdir(), 'ipam-faults-'));
let plane: ControlPlane;
let api: Kubernetes;
let ipam: Child;

beforeAll(async () => {
  plane = await startControlPlane({ enableControllerManager: false });
  await applyCrds(plane);
  api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'ipam-faults', now });
  await installCrds(api, await clusterApiCrds());
  ipam = startChild({
    name: 'ipam',
    command: process.execPath,
    args: [
      serviceEntry('ipam'),
      ...['--kubeconfig', plane.kubeconfigPath, '--grpc-listen', `127.0.0.1:${await freePort()}`],
    ],
    env: { PATH: process.env['PATH'], HOME: folder, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
    logFile: join(folder, 'ipam.log'),
  });
  await api.create(ipPool, {
    metadata: { namespace, name: 'pool' },
    spec: { namePrefix: 'p', pools: [{ start: '10.0.0.1', end: '10.0.3.254' }] },
  });
}, 120_000);
afterAll(async () => {
  await ipam?.stop({ graceMs: 5_000 });
  await api?.close();
  await plane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Makes it, however often the API server goes away meanwhile. */
const insist = async (make: () => Promise<unknown>): Promise<void> => {
  await eventually(
    async () => {
      await make().catch((error: unknown) => {
        // The answer to an earlier try may have been lost.
        if (!isKubeError(error, 'AlreadyExists')) throw error;
      });
      return true;
    },
    { timeoutMs: 60_000 },
  );
};
const makeClaim = (at: number) =>
  at % 2 === 0
    ? api.create(ipClaim, { metadata: { namespace, name: `claim-${at}` }, spec: { pool: { name: 'pool' } } })
    : api.create<IPAddressClaim>(ipAddressClaim, {
        metadata: { namespace, name: `claim-${at}` },
        spec: { poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: 'pool' } },
      });
/** The addresses that claims of both kinds have been told, as text. */
const told = async (): Promise<string[]> => {
  const [metal3, clusterApi] = await Promise.all([
    api.list(ipClaim, { namespace }),
    api.list<IPAddressClaim>(ipAddressClaim, { namespace }),
  ]);
  return [
    ...metal3.items.flatMap(({ status }) => status?.address?.name ?? []),
    ...clusterApi.items.flatMap(({ status }) => status?.addressRef?.name ?? []),
  ].toSorted();
};

test('an API server killed again and again while claims come loses none of them and gives nothing twice', async () => {
  const claims = 200;
  const kills = 2;
  let made = 0;
  const crowd = Array.from({ length: 5 }, async (_, who) => {
    for (let at = who; at < claims; at += 5) {
      await insist(() => makeClaim(at));
      made += 1;
    }
  });
  for (let kill = 1; kill <= kills; kill++) {
    await eventually(() => made >= (claims * kill) / (kills + 1), { timeoutMs: 60_000 });
    process.kill(plane.pids().apiServer, 'SIGKILL');
    await plane.stopApiServer();
    await plane.startApiServer();
  }
  await Promise.all(crowd);
  const names = await eventually(
    async () => {
      const given = await told();
      return given.length === claims ? given : undefined;
    },
    { timeoutMs: 60_000 },
  );
  expect(new Set(names).size).toBe(claims);
  // An API server that has just been started answers for one kind and not yet for another.
  const objects = await eventually(
    async () => {
      const [ours, theirs] = await Promise.all([
        api.list(ipAddress, { namespace }),
        api.list(clusterApiIpAddress, { namespace }),
      ]);
      return [...ours.items, ...theirs.items].map(({ metadata }) => metadata.name);
    },
    { timeoutMs: 60_000 },
  );
  expect(objects.toSorted()).toEqual(names);
  // What the pool tells is derived from what the service has seen, and it sees each kind again in its own time.
  const expected = names.map((name) => name.slice(2).replaceAll('-', '.'));
  await eventually(
    async () => {
      const { status } = await api.get(ipPool, { namespace, name: 'pool' });
      const shown = Object.values(status?.indexes ?? {}).toSorted();
      return status?.addresses?.used === claims && shown.join() === expected.toSorted().join();
    },
    { timeoutMs: 60_000 },
  );
}, 180_000);

test('claims deleted right before the API server is killed give their addresses back when it is there again', async () => {
  const doomed = (await api.list(ipClaim, { namespace })).items.slice(0, 20);
  const before = (await told()).length;
  await Promise.all(
    doomed.map(({ metadata }) =>
      insist(() => api.delete(ipClaim, { namespace, name: metadata.name ?? '' }).catch(ignoreGone)),
    ),
  );
  process.kill(plane.pids().apiServer, 'SIGKILL');
  await plane.stopApiServer();
  await plane.startApiServer();
  await eventually(async () => (await told()).length === before - doomed.length, {
    timeoutMs: 60_000,
  });
  await eventually(
    async () => {
      const { items } = await api.list(ipAddress, { namespace });
      return items.length === before / 2 - doomed.length;
    },
    { timeoutMs: 60_000 },
  );
}, 120_000);

function ignoreGone(error: unknown): void {
  if (!isKubeError(error, 'NotFound')) throw error;
}
