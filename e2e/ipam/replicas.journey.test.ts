import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { lease } from '@metal3/kube-controller';
import { ipAddress, ipClaim, ipPool } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { claimants, makePool, type Claimant } from './claimants.ts';
import { clusterApiAddress } from './kinds.ts';
import { startIpamSite, type IpamSite, type Replica } from './site.ts';

let site: IpamSite;
let metal3: Claimant;
let clusterApi: Claimant;
const replicas: Replica[] = [];
const startReplica = async () => {
  const replica = await site.start(['--leader-elect', '--leader-election-namespace', site.namespace]);
  replicas.push(replica);
  return replica;
};
beforeAll(async () => {
  site = await startIpamSite();
  [metal3, clusterApi] = claimants(site.api, site.namespace);
  await Promise.all([startReplica(), startReplica()]);
}, 600_000);
afterAll(() => site?.stop());

const holder = async () => {
  const name = 'controller-leader-election-ipam-capm3';
  return (await site.api.find(lease, { namespace: site.namespace, name }))?.spec.holderIdentity || undefined;
};
/** The replica whose process id its identity tells. */
const leader = async (): Promise<Replica> => {
  const identity = await eventually(holder);
  const found = replicas.find(({ pid }) => pid === Number(/-(\d+)_/.exec(identity)?.[1]));
  if (found === undefined) throw new Error(`${identity} is no replica of ours`);
  return found;
};
const addresses = async () => {
  const { namespace } = site;
  const ours = (await site.api.list(ipAddress, { namespace })).items.map(({ spec }) => spec.address);
  return [...ours, ...(await site.api.list(clusterApiAddress, { namespace })).items.map(({ spec }) => spec.address)];
};

test('killed in the midst of claims and releases, the leader leaves nothing undone and nothing done twice', async () => {
  const { api, namespace } = site;
  await makePool(api, namespace, 'pool', { pools: [{ start: '10.0.0.1', end: '10.0.3.254' }] });
  const leaving = Array.from({ length: 40 }, (_, at) => `leaving-${at}`);
  const coming: string[] = [];
  const moreCome = async () => {
    const names = Array.from({ length: 10 }, (_, at) => `coming-${coming.length + at}`);
    coming.push(...names);
    await Promise.all(names.flatMap((name) => [metal3.claim(name, 'pool'), clusterApi.claim(name, 'pool')]));
  };
  await Promise.all(leaving.map((name) => metal3.claim(name, 'pool')));
  await Promise.all(leaving.map((name) => metal3.served(name)));

  const killed = await leader();
  // In the midst: some are served, others are not, since more come until it is dead.
  const midst = async () => (await addresses()).length > 43;
  const dead = eventually(midst, { timeoutMs: 60_000 }).then(() => {
    killed.signal('SIGKILL');
    return killed.exited;
  });
  let over = false;
  void dead.finally(() => (over = true)).catch(() => undefined);
  const leave = Promise.all(leaving.map((name) => api.delete(ipClaim, { namespace, name })));
  while (!over && coming.length < 400) await moreCome();
  await Promise.all([leave, dead]);
  await moreCome();
  expect((await Promise.all(coming.map((name) => clusterApi.look(name)))).some(({ given }) => !given)).toBe(true);

  const served = await eventually(
    async () => {
      const all = await Promise.all(coming.flatMap((name) => [metal3.look(name), clusterApi.look(name)]));
      return all.every(({ given }) => given !== undefined) ? all : undefined;
    },
    { timeoutMs: 120_000, everyMs: 250 },
  );
  expect(new Set(served.map(({ given }) => given?.address)).size).toBe(2 * coming.length);
  // One object for each address that a claim has: those of the claims that left are gone, and none is left by the one that died.
  const all = await eventually(async () => {
    const found = await addresses();
    return found.length === 2 * coming.length ? found : undefined;
  });
  expect(new Set(all).size).toBe(2 * coming.length);
  expect((await api.list(ipClaim, { namespace })).items).toHaveLength(coming.length);
  await eventually(async () => {
    const { status } = await api.get(ipPool, { namespace, name: 'pool' });
    expect(new Set(Object.values(status?.indexes ?? {}))).toEqual(new Set(all));
    return true;
  });
}, 300_000);

test('stopped politely, the leader hands over within a second or two', async () => {
  await startReplica();
  const stopped = await leader();
  await stopped.stop({ graceMs: 10_000 });
  await metal3.claim('after-the-handover', 'pool');
  await metal3.served('after-the-handover');
  expect(await leader()).not.toBe(stopped);
});
