import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  connectKubernetes,
  type Kind,
  type Kubernetes,
  type KubeObject,
  namespace,
  readKubeConfig,
} from '@metal3/kube-client';
import { ipAddress, ipClaim, ipPool, metal3Cluster } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { type Clusterctl, clusterctlWithRepository } from './clusterctl-site.ts';
import {
  type ClusterApiAddress,
  cluster,
  clusterApiAddress as address,
  ipAddressClaim as addressClaim,
} from './kinds.ts';
import { type ManagementCluster, startManagementCluster } from './management-cluster.ts';

const tenant = 'tenant';
const [installed, newer] = ['v0.1.0', 'v0.1.1'] as const;

let clusterctl: Clusterctl;
let source: ManagementCluster;
let target: ManagementCluster;
let here: Kubernetes;
let there: Kubernetes;

const connect = ({ plane }: ManagementCluster) =>
  connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now: Date.now }), {
    userAgent: 'clusterctl-journey',
    now: Date.now,
  });

beforeAll(async () => {
  clusterctl = await clusterctlWithRepository([installed, newer]);
  source = await startManagementCluster(clusterctl, installed);
  here = connect(source);
}, 600_000);
afterAll(async () => {
  await here?.close();
  await there?.close();
  await source?.stop();
  await target?.stop();
  clusterctl?.remove();
}, 60_000);

/** Cluster, pool and claims of both APIs, as a provider's objects hang together: everything belongs to the Cluster. */
async function makeCluster(api: Kubernetes, name: string, subnet: string): Promise<void> {
  const controlPlaneEndpoint = { host: `${subnet}.1`, port: 6443 };
  const metadata = { namespace: tenant, name };
  await api.create(metal3Cluster, { metadata, spec: { controlPlaneEndpoint } });
  await api.patchStatus(metal3Cluster, metadata, {
    type: 'merge',
    body: { status: { initialization: { provisioned: true } } },
  });
  const { group: apiGroup, kind } = metal3Cluster;
  const made = await api.create(cluster, { metadata, spec: { infrastructureRef: { apiGroup, kind, name } } });
  await api.create(ipPool, {
    metadata: { namespace: tenant, name },
    spec: { namePrefix: name, clusterName: name, pools: [{ start: `${subnet}.10`, end: `${subnet}.99`, prefix: 24 }] },
  });
  for (let at = 0; at < 5; at++) await claimAddress(api, name, `${name}-${at}`, made.metadata.uid);
  for (let at = 0; at < 3; at++) {
    await api.create(addressClaim, {
      metadata: { namespace: tenant, name: `${name}-capi-${at}`, ownerReferences: [ownedBy(name, made.metadata.uid)] },
      spec: { clusterName: name, poolRef: { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name } },
    });
  }
}

async function claimAddress(api: Kubernetes, pool: string, name: string, owner: string | undefined): Promise<void> {
  await api.create(ipClaim, {
    metadata: { namespace: tenant, name, ownerReferences: [ownedBy(pool, owner)] },
    spec: { pool: { name: pool } },
  });
}

function ownedBy(name: string, uid = '') {
  return { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Cluster', name, uid };
}

/** Which claim has which address, once all have one. */
function givenTo(api: Kubernetes, count: number): Promise<Readonly<Record<string, string>>> {
  return eventually(
    async () => {
      const claims = (await api.list(ipClaim, { namespace: tenant })).items.map(
        ({ metadata, status }) => [ipAddress, metadata.name ?? '', status?.address?.name] as const,
      );
      const capi = (await api.list(addressClaim, { namespace: tenant })).items.map(
        ({ metadata, status }) => [address, metadata.name ?? '', status?.addressRef?.name] as const,
      );
      const all = [...claims, ...capi];
      if (all.length !== count || all.some(([, , name]) => name === undefined)) return undefined;
      const read = async ([kind, claim, name = '']: (typeof all)[number]) =>
        [claim, (await api.get(kind as Kind<ClusterApiAddress>, { namespace: tenant, name })).spec.address] as const;
      return Object.fromEntries(await Promise.all(all.map(read)));
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
}

const objectsLeft = async (api: Kubernetes): Promise<number> => {
  const kinds = [ipPool, ipClaim, ipAddress, addressClaim, address] as readonly Kind<KubeObject>[];
  const lists = await Promise.all(kinds.map((kind) => api.list(kind, { namespace: tenant })));
  return lists.flatMap(({ items }) => items).length;
};

describe('a management cluster made with clusterctl init --ipam metal3', () => {
  test('lists the provider in its version, and its image', async () => {
    const [provider] = (
      await here.list(
        {
          group: 'clusterctl.cluster.x-k8s.io',
          version: 'v1alpha3',
          kind: 'Provider',
          plural: 'providers',
          namespaced: true,
        },
        { namespace: 'metal3-ipam-system' },
      )
    ).items;
    expect(provider).toMatchObject({ providerName: 'metal3', type: 'IPAMProvider', version: installed });
    const images = await source.clusterctl(
      'init',
      'list-images',
      '--ipam',
      'metal3',
      '--bootstrap',
      '-',
      '--control-plane',
      '-',
    );
    expect(images).toContain('docker.io/metal3/ipam:0.1.1');
  });

  test('is offered a newer version of the provider', async () => {
    expect(await source.clusterctl('upgrade', 'plan')).toMatch(
      /ipam-metal3 +metal3-ipam-system +IPAMProvider +v0\.1\.0 +v0\.1\.1/,
    );
  });

  test('gives addresses to claims of both APIs, under the account that was installed', async () => {
    await here.create(namespace, { metadata: { name: tenant } });
    await makeCluster(here, 'kept', '10.1.0');
    const given = await givenTo(here, 8);
    expect(new Set(Object.values(given)).size).toBe(8);
  });

  test('asks the webhooks by the name of their Service, with a certificate of their own', async () => {
    const bad = {
      metadata: { namespace: tenant, name: 'bad' },
      spec: { namePrefix: 'bad', pools: [{ start: '10.0.0.2', end: '10.0.0.1' }] },
    };
    await expect(here.create(ipPool, bad)).rejects.toMatchObject({
      code: 'Invalid',
      causes: [{ field: 'spec.pools[0]' }],
    });
  });

  test('gives back everything of a Cluster that is deleted', async () => {
    await makeCluster(here, 'gone', '10.2.0');
    await givenTo(here, 16);
    const before = await objectsLeft(here);
    await here.delete(cluster, { namespace: tenant, name: 'gone' });
    await eventually(async () => ((await objectsLeft(here)) === before / 2 ? true : undefined), {
      timeoutMs: 60_000,
      everyMs: 200,
    });
    expect(await here.find(cluster, { namespace: tenant, name: 'gone' })).toBeUndefined();
  });
});

describe('clusterctl move', () => {
  let before: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    target = await startManagementCluster(clusterctl, installed);
    there = connect(target);
    before = await givenTo(here, 8);
    // There is no machine here that could become the first of a control plane.
    const now = new Date().toISOString();
    const initialized = {
      type: 'ControlPlaneInitialized',
      status: 'True',
      reason: 'Initialized',
      message: '',
      lastTransitionTime: now,
    };
    const kept = await here.get(cluster, { namespace: tenant, name: 'kept' });
    const conditions = [
      ...(kept.status?.conditions ?? []).filter((one) => !JSON.stringify(one).includes('"ControlPlaneInitialized"')),
      initialized,
    ];
    const initialization = { infrastructureProvisioned: true, controlPlaneInitialized: true };
    await here.patchStatus(cluster, kept.metadata as { name: string; namespace: string }, {
      type: 'merge',
      body: { status: { conditions, initialization } },
    });
    await source.clusterctl('move', '--namespace', tenant, '--to-kubeconfig', target.plane.kubeconfigPath);
  }, 600_000);

  test('takes pools, claims and addresses along, and leaves none behind', async () => {
    expect(await objectsLeft(here)).toBe(0);
    expect(await objectsLeft(there)).toBe(1 + 2 * 8);
  });

  test('changes no address', async () => {
    expect(await givenTo(there, 8)).toEqual(before);
    expect(await objectsLeft(there)).toBe(1 + 2 * 8);
  });

  test('leaves a pool that goes on giving other addresses', async () => {
    const { metadata } = await there.get(cluster, { namespace: tenant, name: 'kept' });
    await claimAddress(there, 'kept', 'later', metadata.uid);
    const { later, ...others } = await givenTo(there, 9);
    expect(others).toEqual(before);
    expect(Object.values(before)).not.toContain(later);
  });
});

test('clusterctl upgrade and delete leave every address in place', async () => {
  const count = await objectsLeft(there);
  await target.clusterctl('upgrade', 'apply', '--ipam', `metal3-ipam-system/metal3:${newer}`);
  await target.clusterctl('delete', '--ipam', 'metal3');
  expect(await objectsLeft(there)).toBe(count);
}, 120_000);
