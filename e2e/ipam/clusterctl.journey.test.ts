import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  connectKubernetes,
  type Kind,
  type Kubernetes,
  type KubeObject,
  namespace,
  readKubeConfig,
} from '@metal3/kube-client';
import { applyManifests, asAdmin, type Manifest } from '@metal3/local-servers';
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
});

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

/** clusterctl moves no cluster that is still being made. There is no machine here that could become the first of a control plane. */
async function pretendToBeUp(api: Kubernetes): Promise<void> {
  const now = new Date().toISOString();
  const initialized = {
    type: 'ControlPlaneInitialized',
    status: 'True',
    reason: 'Initialized',
    message: '',
    lastTransitionTime: now,
  };
  const metadata = { namespace: tenant, name: 'kept' };
  const kept = await api.get(cluster, metadata);
  const conditions = [
    ...(kept.status?.conditions ?? []).filter((one) => !JSON.stringify(one).includes('"ControlPlaneInitialized"')),
    initialized,
  ];
  const initialization = { infrastructureProvisioned: true, controlPlaneInitialized: true };
  await api.patchStatus(cluster, metadata, { type: 'merge', body: { status: { conditions, initialization } } });
}

/**
 * Moves a cluster that is told to be up. Cluster API's controllers know better, and one that looked before may say so once more: then it is
 * told again. clusterctl refuses before it has moved anything.
 */
async function moveAsIfUp(api: Kubernetes, move: () => Promise<string>): Promise<void> {
  const failure = await eventually(
    async () => {
      await pretendToBeUp(api);
      try {
        await move();
        return 'none';
      } catch (error) {
        if (/failed to check for provisioned infrastructure/.test(String(error))) throw error;
        return error;
      }
    },
    { timeoutMs: 120_000, everyMs: 500 },
  );
  if (failure !== 'none') throw failure;
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

/** The certificate is the process's own, as that of upstream's manager is: nobody is told to trust it. */
function metricsOf(url: string, token?: string): Promise<{ readonly status: number; readonly text: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    request(`${url}/metrics`, { headers, rejectUnauthorized: false }, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, text: body }), reject);
    })
      .on('error', reject)
      .end();
  });
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

  test("serves its metrics where upstream's manager does, to those who may get them", async () => {
    const ask = (token?: string) => metricsOf(source.diagnosticsUrl ?? '', token);
    expect((await ask()).status).toBe(401);
    const metadata = { name: 'scraper', namespace: 'default' };
    const rbac = 'rbac.authorization.k8s.io';
    await applyManifests(source.plane, [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata }]);
    const path = '/api/v1/namespaces/default/serviceaccounts/scraper/token';
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const { body } = await asAdmin(source.plane, 'POST', path, request);
    const { token } = (body as { readonly status: { readonly token: string } }).status;
    expect((await ask(token)).status).toBe(403);
    const grants: readonly object[] = [
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRole',
        metadata: { name: 'scraper' },
        rules: [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }],
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name: 'scraper' },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'scraper' },
        subjects: [{ kind: 'ServiceAccount', ...metadata }],
      },
    ];
    await applyManifests(source.plane, grants as readonly Manifest[]);
    const allowed = await eventually(async () => {
      const answer = await ask(token);
      return answer.status === 200 ? answer : undefined;
    });
    expect(allowed.text).toContain('metal3_ipam_pool_size');
  });

  test('gives back everything of a Cluster that is deleted', async () => {
    await makeCluster(here, 'gone', '10.2.0');
    await givenTo(here, 16);
    const before = await objectsLeft(here);
    await here.delete(cluster, { namespace: tenant, name: 'gone' });
    await eventually(async () => (await objectsLeft(here)) === before / 2, {
      timeoutMs: 120_000,
      everyMs: 200,
    });
    await eventually(async () => (await here.find(cluster, { namespace: tenant, name: 'gone' })) === undefined);
  });
});

describe('clusterctl move', () => {
  let before: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    target = await startManagementCluster(clusterctl, installed);
    there = connect(target);
    before = await givenTo(here, 8);
    await moveAsIfUp(here, () =>
      source.clusterctl('move', '--namespace', tenant, '--to-kubeconfig', target.plane.kubeconfigPath),
    );
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

  test('changes none by way of a directory either', async () => {
    const given = await givenTo(there, 9);
    await there.patchStatus(
      metal3Cluster,
      { namespace: tenant, name: 'kept' },
      { type: 'merge', body: { status: { initialization: { provisioned: true } } } },
    );
    const folder = mkdtempSync(join(tmpdir(), 'clusterctl-move-'));
    try {
      await moveAsIfUp(there, () => target.clusterctl('move', '--namespace', tenant, '--to-directory', folder));
      await source.clusterctl('move', '--from-directory', folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await givenTo(here, 9)).toEqual(given);
    expect(await objectsLeft(here)).toBe(1 + 2 * 9);
  }, 300_000);
});

test('clusterctl upgrade and delete leave every address in place', async () => {
  const count = await objectsLeft(there);
  await target.clusterctl('upgrade', 'apply', '--ipam', `metal3-ipam-system/metal3:${newer}`);
  await target.clusterctl('delete', '--ipam', 'metal3');
  expect(await objectsLeft(there)).toBe(count);
}, 120_000);
