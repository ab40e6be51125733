import { expect, test } from '@jest/globals';
import type { KubeClient } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { clusterApiIpAddress, type IPAddressClaim, ipAddressClaim } from '../cluster-api/kinds.ts';
import { runIpam } from '../testing/running-ipam.ts';

const namespace = 'lab';
const name = 'p-10-0-0-1';

/** A client whose writes of one method are told before, and after, they are made. */
function watchedClient<Method extends 'patchStatus' | 'delete'>(
  server: KubeClient,
  method: Method,
  around: (plural: string, write: () => Promise<unknown>) => Promise<unknown>,
): KubeClient {
  const call = server[method].bind(server) as (...args: unknown[]) => Promise<unknown>;
  return Object.assign(Object.create(server) as KubeClient, {
    [method]: (kind: { readonly plural: string }, ...rest: unknown[]) => around(kind.plural, () => call(kind, ...rest)),
  });
}

/** The pool has one address; a claim of Cluster API and one of Metal3 have an object of it each, and neither has been told. */
async function contest(server: MemoryKubernetes, clock: FakeClock) {
  const pools = [{ start: '10.0.0.1', end: '10.0.0.1' }];
  await server.create(ipPool, { metadata: { namespace, name: 'pool' }, spec: { namePrefix: 'p', pools } });
  const poolRef = { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: 'pool' };
  await server.create<IPAddressClaim>(ipAddressClaim, { metadata: { namespace, name: 'theirs' }, spec: { poolRef } });
  const gate = Promise.withResolvers<void>();
  let telling: Promise<unknown> = Promise.resolve();
  const slow = watchedClient(server, 'patchStatus', (plural, write) => {
    if (plural !== ipAddressClaim.plural) return write();
    telling = gate.promise.then(write);
    return telling;
  });
  const first = runIpam({ server: slow, clock, clusterApi: 'v1beta2' });
  await clock.advance(100);
  expect(await server.find(clusterApiIpAddress, { namespace, name })).toBeDefined();

  const pool = { name: 'pool', namespace };
  const { metadata } = await server.create(ipClaim, { metadata: { namespace, name: 'ours' }, spec: { pool } });
  await server.create(ipAddress, {
    metadata: {
      namespace,
      name,
      finalizers: ['ipaddress.ipam.metal3.io'],
      ownerReferences: [
        { apiVersion: 'ipam.metal3.io/v1alpha1', kind: 'IPClaim', name: 'ours', uid: metadata.uid ?? '' },
      ],
    },
    spec: { address: '10.0.0.1', pool, claim: { name: 'ours', namespace } },
  });
  const tell = async (): Promise<void> => {
    gate.resolve();
    await telling.catch(() => undefined);
  };
  return { first, tell };
}

async function told(server: MemoryKubernetes) {
  const theirs = (await server.get<IPAddressClaim>(ipAddressClaim, { namespace, name: 'theirs' })).status?.addressRef
    ?.name;
  const ours = (await server.get(ipClaim, { namespace, name: 'ours' })).status?.address?.name;
  return { theirs, ours };
}

test('a claim that is told its address while another process gives it up keeps it', async () => {
  const clock = fakeClock();
  const server = memoryKubernetes({ now: clock.now });
  const { first, tell } = await contest(server, clock);
  let removed = 0;
  const client = watchedClient(server, 'delete', async (plural, write) => {
    const left = await write();
    if (plural === clusterApiIpAddress.plural && removed++ === 0) await tell();
    return left;
  });
  const second = runIpam({ server: client, clock, clusterApi: 'v1beta2' });
  await clock.advance(60_000);
  expect(removed).toBeGreaterThan(0);
  expect(await told(server)).toEqual({ theirs: name, ours: undefined });
  expect(await server.find(clusterApiIpAddress, { namespace, name })).toBeDefined();
  for (const one of [first, second]) one.stop();
  await Promise.all([first.stopped, second.stopped]);
});

test('a claim is not told an address any more that another process has given up', async () => {
  const clock = fakeClock();
  const server = memoryKubernetes({ now: clock.now });
  const { first, tell } = await contest(server, clock);
  let verdicts = 0;
  const client = watchedClient(server, 'patchStatus', async (plural, write) => {
    const answer = await write();
    if (plural === ipAddressClaim.plural && verdicts++ === 0) await tell();
    return answer;
  });
  const second = runIpam({ server: client, clock, clusterApi: 'v1beta2' });
  await clock.advance(60_000);
  expect(verdicts).toBeGreaterThan(0);
  expect(await told(server)).toEqual({ theirs: undefined, ours: name });
  expect(await server.find(clusterApiIpAddress, { namespace, name })).toBeUndefined();
  for (const one of [first, second]) one.stop();
  await Promise.all([first.stopped, second.stopped]);
});
