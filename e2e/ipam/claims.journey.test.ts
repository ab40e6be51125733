import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ipAddress, ipPool, type IPPoolSpec } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { claimants, makePool, type Claimant } from './claimants.ts';
import { clusterApiAddress } from './kinds.ts';
import { startIpamSite, type IpamSite } from './site.ts';

let site: IpamSite;
let metal3: Claimant;
let clusterApi: Claimant;
beforeAll(async () => {
  site = await startIpamSite();
  [metal3, clusterApi] = claimants(site.api, site.namespace);
  await site.start();
}, 600_000);
afterAll(() => site?.stop());

/** Each scenario has a pool of its own. */
const pool = (name: string, spec: Partial<IPPoolSpec>) => makePool(site.api, site.namespace, name, spec);
const poolOf = (name: string) => site.api.find(ipPool, { namespace: site.namespace, name });
const indexesOf = async (name: string) => (await poolOf(name))?.status?.indexes ?? {};
const addressObjects = async (poolName: string) => {
  const { namespace } = site;
  const ours = (await site.api.list(ipAddress, { namespace })).items.filter(({ spec }) => spec.pool.name === poolName);
  const theirs = (await site.api.list(clusterApiAddress, { namespace })).items.filter(
    ({ spec }) => spec.poolRef.name === poolName,
  );
  return [...ours, ...theirs];
};

describe.each(['IPClaim', 'IPAddressClaim'] as const)('an %s', (kind) => {
  const short = kind === 'IPClaim' ? 'm' : 'c';
  const who = () => (kind === 'IPClaim' ? metal3 : clusterApi);
  const named = (name: string) => `${name}-${short}`;

  test('gets an address that tells pool, claim, prefix and gateway, and that goes with the claim', async () => {
    const name = named('single');
    await pool(name, { prefix: 24, gateway: '10.1.0.1', pools: [{ start: '10.1.0.10', end: '10.1.0.20' }] });
    await who().claim(name, name, { labels: { rack: 'r7' } });
    const given = await who().served(name);
    expect(given).toMatchObject({ address: '10.1.0.10', prefix: 24, gateway: '10.1.0.1', pool: name, claim: name });
    expect(given.object.metadata).toMatchObject({ name: `${name}-10-1-0-10`, labels: { rack: 'r7' } });
    await who().release(name);
    expect(await addressObjects(name)).toEqual([]);
  });

  test('whose name has a preallocation gets that address, and nobody else does', async () => {
    const name = named('kept');
    const [first, second] = [`${name}-first`, `${name}-second`];
    await pool(name, {
      pools: [{ start: '10.2.0.10', end: '10.2.0.13' }],
      preAllocations: { [first]: '10.2.0.10', [second]: '10.2.0.12' },
    });
    for (const claim of [`${name}-other`, second, first]) await who().claim(claim, name);
    expect((await who().served(first)).address).toBe('10.2.0.10');
    expect((await who().served(second)).address).toBe('10.2.0.12');
    expect((await who().served(`${name}-other`)).address).toBe('10.2.0.11');
  });

  test('gets the address that its annotation asks for', async () => {
    const name = named('asked');
    await pool(name, { pools: [{ start: '10.3.0.10', end: '10.3.0.20' }] });
    await who().claim(name, name, { annotations: { ipAddress: '10.3.0.17' } });
    expect((await who().served(name)).address).toBe('10.3.0.17');
  });

  test('that asks for an address in use says so, and gets it once it is free', async () => {
    const name = named('asked-in-use');
    await pool(name, { pools: [{ start: '10.4.0.10', end: '10.4.0.20' }] });
    await who().claim(`${name}-holder`, name, { annotations: { ipAddress: '10.4.0.15' } });
    await who().served(`${name}-holder`);
    await who().claim(name, name, { annotations: { ipAddress: '10.4.0.15' } });
    await who().refused(name, 'Requested IP not available');
    await who().release(`${name}-holder`);
    expect((await who().served(name)).address).toBe('10.4.0.15');
  });

  test('of an exhausted pool says so, and is served as soon as another claim lets go', async () => {
    const name = named('exhausted');
    const [first, second, third] = ['first', 'second', 'third'].map((claim) => `${name}-${claim}`) as [
      string,
      string,
      string,
    ];
    await pool(name, { pools: [{ start: '10.5.0.10', end: '10.5.0.11' }] });
    for (const claim of [first, second]) {
      await who().claim(claim, name);
      await who().served(claim);
    }
    await who().claim(third, name);
    await who().refused(third, 'Exhausted IP Pools');
    await who().release(first);
    expect((await who().served(third)).address).toBe('10.5.0.10');
    expect((await who().look(third)).refusal).toBeUndefined();
  });

  test('of a pool whose prefix makes no names for objects is told so', async () => {
    const name = named('nameless');
    await pool(name, { namePrefix: 'Rack_1', pools: [{ start: '10.12.0.10', end: '10.12.0.10' }] });
    await who().claim(name, name);
    await who().refused(name, 'spec.namePrefix of the pool makes the name Rack_1-10-12-0-10');
  });

  test('of an exhausted pool is served as soon as the pool grows', async () => {
    const name = named('growing');
    await pool(name, { pools: [{ start: '10.6.0.10', end: '10.6.0.10' }] });
    await who().claim(`${name}-first`, name);
    await who().served(`${name}-first`);
    await who().claim(name, name);
    await who().refused(name, 'Exhausted IP Pools');
    const body = { spec: { pools: [{ start: '10.6.0.10', end: '10.6.0.11' }] } };
    await site.api.patch(ipPool, { namespace: site.namespace, name }, { type: 'merge', body });
    expect((await who().served(name)).address).toBe('10.6.0.11');
  });

  test('gets an address of the second range once the first is used up', async () => {
    const name = named('second-range');
    await pool(name, {
      pools: [
        { start: '10.7.0.10', end: '10.7.0.10' },
        { start: '10.7.1.10', end: '10.7.1.20' },
      ],
    });
    for (const claim of ['first', 'second']) {
      await who().claim(`${name}-${claim}`, name);
      await who().served(`${name}-${claim}`);
    }
    expect((await who().served(`${name}-second`)).address).toBe('10.7.1.10');
  });

  test("gets its range's own prefix, gateway and name servers, or else the pool's", async () => {
    const name = named('settings');
    await pool(name, {
      prefix: 24,
      gateway: '10.8.0.1',
      dnsServers: ['10.8.0.2'],
      pools: [
        { start: '10.8.0.10', end: '10.8.0.10', prefix: 26, gateway: '10.8.0.3', dnsServers: ['10.8.0.4'] },
        { start: '10.8.0.20', end: '10.8.0.30' },
      ],
    });
    for (const claim of ['first', 'second']) {
      await who().claim(`${name}-${claim}`, name);
      await who().served(`${name}-${claim}`);
    }
    const ownDns = kind === 'IPClaim' ? ['10.8.0.4'] : undefined;
    const poolDns = kind === 'IPClaim' ? ['10.8.0.2'] : undefined;
    expect(await who().served(`${name}-first`)).toMatchObject({ prefix: 26, gateway: '10.8.0.3', dnsServers: ownDns });
    expect(await who().served(`${name}-second`)).toMatchObject({
      prefix: 24,
      gateway: '10.8.0.1',
      dnsServers: poolDns,
    });
  });

  test("is in its pool's status.indexes for as long as it has its address", async () => {
    const name = named('indexes');
    await pool(name, { pools: [{ start: '10.9.0.10', end: '10.9.0.20' }] });
    for (const claim of ['first', 'second']) {
      await who().claim(`${name}-${claim}`, name);
      await who().served(`${name}-${claim}`);
    }
    const [first, second] = [`${name}-first`, `${name}-second`];
    await eventually(
      async () => expect(await indexesOf(name)).toEqual({ [first]: '10.9.0.10', [second]: '10.9.0.11' }) ?? true,
    );
    await who().release(first);
    await eventually(async () => expect(await indexesOf(name)).toEqual({ [second]: '10.9.0.11' }) ?? true);
  });

  test('keeps a pool that is being deleted until it has given its address back', async () => {
    const name = named('deleted-pool');
    await pool(name, { pools: [{ start: '10.10.0.10', end: '10.10.0.20' }] });
    await who().claim(name, name);
    await who().served(name);
    await site.api.delete(ipPool, { namespace: site.namespace, name });
    expect((await poolOf(name))?.metadata.finalizers).toEqual(['ippool.ipam.metal3.io']);
    // The API server tells of pools and of claims in no order among the two.
    await eventually(async () => {
      const { conditions } = (await poolOf(name))?.status ?? {};
      return conditions?.some(({ reason }) => reason === 'Deleting');
    });
    await who().claim(`${name}-late`, name);
    // Nothing new is given out of it; a claim that got an address would have got it before the release of the other one was through.
    await who().release(name);
    await eventually(async () => (await poolOf(name)) === undefined);
    expect((await who().look(`${name}-late`)).given).toBeUndefined();
    await who().release(`${name}-late`);
  });

  test('keeps its address while the finalizer of somebody who uses it is on it', async () => {
    const name = named('in-use');
    await pool(name, { pools: [{ start: '10.11.0.10', end: '10.11.0.10' }] });
    await who().claim(name, name, { finalizers: ['example.com/uses-the-address'] });
    await who().served(name);
    await who().release(name);
    await who().claim(`${name}-next`, name);
    await who().refused(`${name}-next`, 'Exhausted IP Pools');
    expect((await who().look(name)).given?.address).toBe('10.11.0.10');
    await who().stopUsing(name);
    expect((await who().served(`${name}-next`)).address).toBe('10.11.0.10');
  });

  test('gets an IPv6 address of a /64, in its canonical text', async () => {
    const name = named('six');
    await pool(name, { pools: [{ subnet: '2001:db8:0:1::/64', prefix: 64, gateway: '2001:db8:0:1::ffff' }] });
    await who().claim(`${name}-asked`, name, { annotations: { ipAddress: '2001:0db8:0:1:ffff::0005' } });
    expect((await who().served(`${name}-asked`)).address).toBe('2001:db8:0:1:ffff::5');
    await who().claim(name, name);
    expect(await who().served(name)).toMatchObject({ address: '2001:db8:0:1::1', prefix: 64 });
  });
});

test('claims of both kinds on one pool never share an address, also where they share a name', async () => {
  const name = 'both';
  await pool(name, { pools: [{ start: '10.20.0.10', end: '10.20.0.49' }] });
  const names = Array.from({ length: 20 }, (_, at) => `${name}-${at}`);
  await Promise.all(names.flatMap((claim) => [metal3.claim(claim, name), clusterApi.claim(claim, name)]));
  const given = await Promise.all(names.flatMap((claim) => [metal3.served(claim), clusterApi.served(claim)]));
  expect(new Set(given.map(({ address }) => address)).size).toBe(40);
});

test('an address is given out again only after its claim has gone, whoever asks next', async () => {
  const name = 'across';
  await pool(name, { pools: [{ start: '10.21.0.10', end: '10.21.0.10' }] });
  await metal3.claim(name, name);
  await metal3.served(name);
  await clusterApi.claim(name, name);
  await clusterApi.refused(name, 'Exhausted IP Pools');
  await metal3.release(name);
  expect((await clusterApi.served(name)).address).toBe('10.21.0.10');
  await metal3.claim(name, name);
  await metal3.refused(name, 'Exhausted IP Pools');
  await clusterApi.release(name);
  expect((await metal3.served(name)).address).toBe('10.21.0.10');
});

test('the service says nothing in its log that an operator would have to look into', () => {
  expect(site.logs().filter(({ level }) => ['warn', 'error', 'fatal', 40, 50, 60].includes(level))).toEqual([]);
});
