import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { isKubeError, secret as secretKind } from '@metal3/kube-client';
import {
  bareMetalHost,
  ipAddress,
  ipClaim,
  metal3Data,
  metal3DataClaim,
  metal3DataTemplate,
  metal3Machine,
  type IPClaim,
} from '@metal3/metal3-api';
import { parse } from 'yaml';
import { clusterApiIPAddress, ipAddressClaim, type IPAddressClaim } from '../cluster-api/ipam-kinds.ts';
import { soon, startManagementCluster, type ManagementCluster } from '../testing/management-cluster.ts';

let here: ManagementCluster;
const pools = new AbortController();
let serving: Promise<unknown>;

beforeAll(async () => {
  here = await startManagementCluster();
  serving = Promise.all([serveIpPool(), serveForeignPool()]);
  await here.makeCluster('blue');
  await here.api.create(metal3DataTemplate, {
    metadata: { namespace: here.namespace, name: 'tpl' },
    spec: {
      metaData: {
        indexes: [{ key: 'local-hostname', prefix: 'node-', step: 1 }],
        objectNames: [{ key: 'host', object: 'baremetalhost' }],
        ipAddressesFromPool: [{ key: 'ip', name: 'pool' }],
      },
      networkData: {
        links: { ethernets: [{ id: 'eth0', type: 'phy', macAddress: { string: '52:54:00:00:00:01' } }] },
        networks: {
          ipv4: [{ id: 'net', link: 'eth0', ipAddressFromIPPool: 'pool' }],
          ipv6: [
            {
              id: 'six',
              link: 'eth0',
              fromPoolRef: { apiGroup: 'ipam.example.com', kind: 'ForeignPool', name: 'foreign' },
            },
          ],
        },
      },
    },
  });
});
afterAll(async () => {
  pools.abort();
  await serving;
  await here.stop();
});

test('each machine gets an index, an address and Secrets of its own, and its host no image before', async () => {
  const names = ['m1', 'm2', 'm3'];
  for (const name of names) await here.makeHost(`host-of-${name}`);
  await Promise.all(names.map((name) => here.makeMachine(name, { dataTemplate: { name: 'tpl' } })));
  const { api, namespace } = here;
  await soon(async () => {
    for (const name of names) {
      const { status } = await api.get(metal3Machine, { namespace, name });
      expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'Metal3DataReady', status: 'True' }));
      expect(status?.renderedData?.name).toMatch(/^tpl-[012]$/);
    }
  });

  const data = (await api.list(metal3Data, { namespace })).items;
  expect(data.map(({ spec }) => spec.index).sort()).toEqual([0, 1, 2]);
  const addresses = new Set<string>();
  for (const { spec, status } of data) {
    const name = spec.claim?.name ?? '';
    expect(status).toEqual({ ready: true });
    const [host] = (await here.hosts()).filter((one) => one.spec.consumerRef?.name === name);
    expect(host?.spec).toMatchObject({
      image: { url: 'http://images/os.raw' },
      metaData: { name: `${name}-metadata` },
      networkData: { name: `${name}-networkdata` },
      online: true,
    });
    const metaData = await rendered(`${name}-metadata`, 'metaData');
    expect(metaData).toEqual({
      'local-hostname': `node-${spec.index}`,
      host: host?.metadata.name,
      ip: expect.stringMatching(/^192\.0\.2\.\d+$/),
      providerid: `${namespace}/${host?.metadata.name}/${name}`,
    });
    expect(await rendered(`${name}-networkdata`, 'networkData')).toMatchObject({
      networks: [
        { type: 'ipv4', ip_address: metaData['ip'], netmask: '255.255.255.0' },
        { type: 'ipv6', ip_address: expect.stringMatching(/^2001:db8::/), netmask: 'ffff:ffff:ffff:ffff::' },
      ],
    });
    addresses.add(String(metaData['ip']));
  }
  expect(addresses.size).toBe(3);
  const { status } = await api.get(metal3DataTemplate, { namespace, name: 'tpl' });
  expect(status?.indexes?.map(({ index }) => index)).toEqual([0, 1, 2]);
});

test('a deleted machine keeps its addresses until its host is clean; then all of its data goes, and the index is free', async () => {
  const { api, namespace } = here;
  const { status } = await api.get(metal3Machine, { namespace, name: 'm2' });
  const dataName = status?.renderedData?.name ?? '';
  await here.setHostState('host-of-m2', 'provisioned');
  const host = (await here.hosts()).find(({ spec }) => spec.consumerRef?.name === 'm2')?.metadata.name ?? '';
  await here.setHostState(host, 'provisioned');
  await api.delete(metal3Machine, { namespace, name: 'm2' });
  await soon(async () => {
    expect((await api.get(bareMetalHost, { namespace, name: host })).spec.image).toBeUndefined();
  });
  expect((await api.get(ipClaim, { namespace, name: `${dataName}-pool` })).metadata.deletionTimestamp).toBeUndefined();

  await here.setHostState(host, 'available');
  await soon(async () => {
    for (const [kind, name] of [
      [metal3Machine, 'm2'],
      [metal3DataClaim, 'm2'],
      [metal3Data, dataName],
      [ipClaim, `${dataName}-pool`],
      [ipAddressClaim, `${dataName}-foreign`],
    ] as const) {
      expect(await api.find(kind as typeof metal3Data, { namespace, name })).toBeUndefined();
    }
  });

  await here.makeMachine('m4', { dataTemplate: { name: 'tpl' } });
  await soon(async () => {
    const next = await api.get(metal3Machine, { namespace, name: 'm4' });
    expect(next.status?.renderedData?.name).toBe(dataName);
  });
});

test('a template that asks for what is not there says so on the machine', async () => {
  const { api, namespace } = here;
  await here.makeHost('host-of-m5');
  await api.create(metal3DataTemplate, {
    metadata: { namespace, name: 'broken' },
    spec: { metaData: { fromHostInterfaces: [{ key: 'mac', interface: 'eth9' }] } },
  });
  await here.makeMachine('m5', { dataTemplate: { name: 'broken' } });
  await soon(async () => {
    const { status } = await api.get(metal3Machine, { namespace, name: 'm5' });
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'Metal3DataReady',
        status: 'False',
        message: expect.stringContaining('has no NIC "eth9"'),
      }),
    );
  });
});

async function rendered(name: string, key: string): Promise<Record<string, unknown>> {
  const { data } = await here.api.get(secretKind, { namespace: here.namespace, name });
  return parse(Buffer.from(data?.[key] ?? '', 'base64').toString()) as Record<string, unknown>;
}

/** Gives every IPClaim an address of its own, as an address manager does. */
async function serveIpPool(): Promise<void> {
  const { api, namespace } = here;
  let next = 10;
  await answer<IPClaim>(ipClaim, async (claim) => {
    const name = `pool-${(next += 1)}`;
    const reference = { name: claim.metadata.name ?? '', namespace };
    const spec = {
      address: `192.0.2.${next}`,
      prefix: 24,
      gateway: '192.0.2.1',
      pool: claim.spec.pool,
      claim: reference,
    };
    await api.create(ipAddress, { metadata: { namespace, name }, spec });
    return { address: { name, namespace } };
  });
}

/** The same for a pool of another provider. */
async function serveForeignPool(): Promise<void> {
  const { api, namespace } = here;
  let next = 10;
  await answer<IPAddressClaim>(ipAddressClaim, async (claim) => {
    const name = `foreign-${(next += 1)}`;
    const spec = {
      address: `2001:db8::${next}`,
      prefix: 64,
      claimRef: { name: claim.metadata.name },
      poolRef: claim.spec.poolRef,
    };
    await api.create(clusterApiIPAddress, { metadata: { namespace, name }, spec } as never);
    return { addressRef: { name } };
  });
}

async function answer<T extends IPClaim | IPAddressClaim>(
  kind: typeof ipClaim | typeof ipAddressClaim,
  allocate: (claim: T) => Promise<object>,
): Promise<void> {
  const { api, namespace } = here;
  const { signal } = pools;
  const answered = new Set<string>();
  while (!signal.aborted) {
    try {
      for await (const event of api.watch(kind as typeof ipClaim, { namespace, signal })) {
        if (event.type !== 'ADDED' && event.type !== 'MODIFIED') continue;
        const { uid = '', name = '' } = event.object.metadata;
        if (answered.has(uid)) continue;
        answered.add(uid);
        const body = { status: await allocate(event.object as T) };
        await api.patchStatus(kind as typeof ipClaim, { namespace, name }, { type: 'merge', body });
      }
    } catch (error) {
      if (!signal.aborted && !isKubeError(error)) throw error;
    }
  }
}
