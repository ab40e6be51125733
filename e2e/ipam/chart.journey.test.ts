import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addressClient } from '@metal3/ipam-client';
import { connectKubernetes, type Kubernetes, readKubeConfig } from '@metal3/kube-client';
import {
  applyManifests,
  type Child,
  clusterApiCrds,
  type ControlPlane,
  freePort,
  type Manifest,
  renderChart,
  serviceAccountKubeconfig,
  startControlPlane,
} from '@metal3/local-servers';
import { ipClaim, ipPool } from '@metal3/metal3-api';
import { eventually } from '@metal3/testing';
import { grantedWrites, writtenBy } from '../chart-rights.ts';
import { cluster, ipAddressClaim } from './kinds.ts';
import { startInstalledIpam } from './management-cluster.ts';

const root = join(import.meta.dirname, '../..');
const namespace = 'metal3-ipam-system';
const account = `system:serviceaccount:${namespace}:ipam`;
let plane: ControlPlane;
let api: Kubernetes;
let ipam: Child & { readonly healthUrl: string };
let manifests: readonly Manifest[] = [];
let folder = '';
let auditFile = '';

/** Everything of the chart, as `helm install` applies it, and ipam as its Deployment would run it, for claims of all sorts. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-chart-journey-'));
  auditFile = join(folder, 'audit.log');
  // As OpenShift has it: whoever makes something belong to something else needs rights to both.
  plane = await startControlPlane({ auditFile, admissionPlugins: ['OwnerReferencesPermissionEnforcement'] });
  api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now: Date.now }), {
    userAgent: 'chart-journey',
    now: Date.now,
  });
  manifests = await renderChart({ chart: 'ipam', namespace });
  const home: Manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } };
  await applyManifests(plane, [home, ...manifests, ...((await clusterApiCrds()) as readonly Manifest[])], {
    namespace,
  });
  const grpcPort = await freePort();
  ipam = await startInstalledIpam(plane, { namespace, name: 'ipam', flags: [`--grpc-listen=127.0.0.1:${grpcPort}`] });
  await useIt(`127.0.0.1:${grpcPort}`);
}, 600_000);
afterAll(async () => {
  await api?.close();
  await ipam?.stop({ graceMs: 10_000 });
  await plane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** One of each thing that ipam does. */
async function useIt(address: string): Promise<void> {
  const made = await api.create(cluster, {
    metadata: { namespace, name: 'c' },
    spec: { controlPlaneEndpoint: { host: 'c', port: 6443 } },
  });
  const pools = [{ start: '10.0.0.1', end: '10.0.0.3' }];
  await api.create(ipPool, {
    metadata: { namespace, name: 'pool' },
    spec: { namePrefix: 'pool', clusterName: 'c', pools },
  });
  const pool = { name: 'pool' };
  const poolRef = { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name: 'pool' };
  await api.create(ipClaim, { metadata: { namespace, name: 'one' }, spec: { pool } });
  await api.create(ipAddressClaim, {
    metadata: { namespace, name: 'two' },
    spec: { poolRef, clusterName: made.metadata.name ?? '' },
  });
  const served = {
    metal3: (name: string) =>
      eventually(async () => (await api.get(ipClaim, { namespace, name })).status?.address, wait),
    clusterApi: (name: string) =>
      eventually(async () => (await api.get(ipAddressClaim, { namespace, name })).status?.addressRef, wait),
  };
  await served.metal3('one');
  await served.clusterApi('two');
  const grpc = addressClient({ address });
  await grpc.allocateAddress({ namespace, pool: 'pool', claim: 'three' }, { timeoutMs: 90_000, waitForReady: true });
  // Refused at first, and served when the one before has been given back.
  await api.create(ipClaim, { metadata: { namespace, name: 'four' }, spec: { pool } });
  await eventually(async () => (await api.get(ipClaim, { namespace, name: 'four' })).status?.errorMessage, wait);
  // Only now, since they are served in the order in which they began to wait.
  await api.create(ipAddressClaim, { metadata: { namespace, name: 'five' }, spec: { poolRef } });
  await grpc.releaseAddress({ namespace, claim: 'three' });
  grpc.close();
  await served.metal3('four');
  await api.delete(ipAddressClaim, { namespace, name: 'two' });
  await served.clusterApi('five');
  await eventually(
    async () => Object.keys((await api.get(ipPool, { namespace, name: 'pool' })).status?.indexes ?? {}).length === 3,
    wait,
  );
}
const wait = { timeoutMs: 90_000, everyMs: 100 };

describe('the account of the chart', () => {
  const written = () => writtenBy(auditFile, account);

  test('suffices: nothing that ipam wrote was forbidden, and nothing that it read', () => {
    expect(written().lines.length).toBeGreaterThan(20);
    expect(written().forbidden).toEqual([]);
    expect(ipam.logTail(10_000)).not.toMatch(/orbidden/);
  });

  test('may write nothing that ipam does not write', async () => {
    const granted = grantedWrites(manifests, /^(metal3-ipam-system-)?ipam$/);
    const rarely = [
      // An event that comes again is counted; certificates are renewed after months.
      'patch events.',
      'patch secrets.',
      // Asked of those who make a pool belong to a Cluster.
      'delete ippools.ipam.metal3.io',
    ];
    // Never a request of its own: what some API servers ask of those who name an owner.
    const idle = new Set(granted.filter((right) => !rarely.includes(right) && !right.includes('/finalizers.')));
    // The Lease is renewed every two seconds.
    await eventually(() => {
      for (const right of written().rights) idle.delete(right);
      expect([...idle]).toEqual([]);
      return true;
    }, wait);
  });
});

test('the check of the chart finds, under its own account, that the release works', async () => {
  const kubeconfig = join(plane.dir, 'check.kubeconfig');
  writeFileSync(kubeconfig, await serviceAccountKubeconfig(plane, { namespace, name: 'ipam-check' }), { mode: 0o600 });
  const check = [join(root, 'apps/ipam/src/check/main.ts'), `--kubeconfig=${kubeconfig}`, `--namespace=${namespace}`];
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', ...check], {
    env: {},
  });
  expect(stdout).toContain('ok     the webhook refuses a pool whose range runs backwards');
});

test('metrics tell what has happened', async () => {
  const text = await (await fetch(`${ipam.healthUrl}/metrics`)).text();
  expect(text).toContain('metal3_ipam_pool_size{pool_namespace="metal3-ipam-system",pool="pool",service="ipam"} 3');
  expect(text).toContain(
    'metal3_ipam_pool_addresses_used{pool_namespace="metal3-ipam-system",pool="pool",service="ipam"} 3',
  );
  expect(text).toContain(
    'metal3_ipam_claims_waiting{pool_namespace="metal3-ipam-system",pool="pool",service="ipam"} 0',
  );
  expect(text).toMatch(/metal3_ipam_claim_duration_seconds_count\{service="ipam"\} 5/);
  expect(text).toMatch(
    /leader_election_master_status\{name="controller-leader-election-ipam-capm3",service="ipam"\} 1/,
  );
  const ends = Number(/metal3_webhook_certificate_expiry_timestamp_seconds\{service="ipam"\} (\S+)/.exec(text)?.[1]);
  expect(ends * 1000).toBeGreaterThan(Date.now() + 300 * 86_400_000);
  expect(text).toMatch(
    /controller_runtime_webhook_requests_total\{webhook="\/validate-ipam-metal3-io-v1alpha1-ippool",code="200"/,
  );
});
