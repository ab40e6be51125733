import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeError, namespace as namespaceKind, secret, type Secret } from '@metal3/kube-client';
import { cachedClient, findCondition } from '@metal3/kube-controller';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { bareMetalHost, hardwareData, hostClaim, hostDeployPolicy, type HostClaim } from '@metal3/metal3-api';
import { systemClock } from '@metal3/service';
import { fakeClock, silentLog, type FakeClock } from '@metal3/testing';
import { hostCaches } from '../host/adapters/kubernetes.ts';
import { soon } from '../host/testing/soon.ts';
import { kubernetesHostPool } from './adapters/kubernetes.ts';
import { claimCaches, claimController } from './controllers.ts';
import { aClaim, aHost, aPolicy } from './testing.ts';

const tenant = 'tenant';
const claimKey = { namespace: tenant, name: 'claim' };
const hostKey = { namespace: 'metal', name: 'host-1' };
const image = { url: 'http://192.0.2.2/os.raw', checksum: '0'.repeat(64), format: 'raw' } as const;

let kubernetes: MemoryKubernetes;
let clock: FakeClock;
let stopped: AbortController;
let running: Promise<unknown>;

beforeEach(async () => {
  clock = fakeClock();
  kubernetes = memoryKubernetes({ now: () => clock.now() });
  await start();
});
afterEach(() => stop());

/** Another process, with caches of its own. */
async function start(): Promise<void> {
  stopped = new AbortController();
  const client = cachedClient(kubernetes, { clock: systemClock });
  const surroundings = { client, namespaces: [], caches: hostCaches(client, []), lot: () => 0, clock, log: silentLog };
  const controller = claimController(surroundings);
  running = Promise.all([client.run(stopped.signal), controller.run(stopped.signal)]);
  await client.whenSynced();
}

async function stop(): Promise<void> {
  stopped.abort();
  await running;
}

const theClaim = (name = 'claim') => kubernetes.get(hostClaim, { namespace: tenant, name });
const theHost = () => kubernetes.get(bareMetalHost, hostKey);
const condition = ({ status }: HostClaim, type: string) => {
  const found = findCondition(status?.conditions, type);
  return found && [found.status, found.reason, found.message];
};
const says = (type: string, ...expected: readonly unknown[]) =>
  soon(async () => expect(condition(await theClaim(), type)).toEqual(expected));
const isAssociated = () => says('Associated', 'True', 'BareMetalHostAssociated', '');

const offer = () => kubernetes.create(hostDeployPolicy, aPolicy({ names: [tenant] }));
const enrol = async (state = 'available', spec = {}) => {
  const { status, ...host } = aHost('host-1', { spec });
  await kubernetes.create(bareMetalHost, host);
  await hostIs(state, status);
};
const hostIs = (state: string, more: object = {}) =>
  kubernetes.patchStatus(bareMetalHost, hostKey, {
    type: 'merge',
    body: { status: { ...more, provisioning: { ID: 'node', state } } },
  });
const want = (spec: Partial<HostClaim['spec']> = {}, metadata: HostClaim['metadata'] = {}) =>
  kubernetes.create(hostClaim, aClaim({ spec, metadata }));
const edit = (body: object) => kubernetes.patch(hostClaim, claimKey, { type: 'merge', body });
const keep = (name: string, text: string, namespace = tenant) =>
  kubernetes.create(secret, {
    metadata: { namespace, name },
    type: 'Opaque',
    data: { value: Buffer.from(text).toString('base64') },
  });
const copy = (suffix: string): Promise<Secret | undefined> =>
  kubernetes.find(secret, { namespace: 'metal', name: `host-1-${suffix}` });
const text = (found: Secret | undefined) => Buffer.from(found?.data?.['value'] ?? '', 'base64').toString();

test('a claim has its host run what it says, tells how that goes, and gives it back clean', async () => {
  await offer();
  await enrol();
  await kubernetes.create(hardwareData, { metadata: hostKey, spec: {} });
  await keep('user', 'the user');
  await keep('net', 'the network');
  await want({ image, userData: { name: 'user' }, networkData: { name: 'net', namespace: tenant } });

  await says('Synchronized', 'True', 'ConfigurationSynced', '');
  const { metadata, spec } = await theHost();
  expect(spec).toEqual({
    online: true,
    image,
    consumerRef: { apiVersion: 'metal3.io/v1alpha1', kind: 'HostClaim', namespace: tenant, name: 'claim' },
    userData: { namespace: 'metal', name: 'host-1-userdata' },
    networkData: { namespace: 'metal', name: 'host-1-networkdata' },
  });
  expect(text(await copy('userdata'))).toBe('the user');
  expect((await copy('networkdata'))?.metadata).toMatchObject({
    labels: { 'environment.metal3.io': 'baremetal' },
    ownerReferences: [{ kind: 'BareMetalHost', name: 'host-1', uid: metadata.uid }],
  });
  await says('Ready', 'False', 'IssuesReported', '* Provisioned: NotProvisioned');

  await hostIs('provisioned', {
    poweredOn: true,
    conditions: [{ type: 'Provisioned', status: 'True', reason: 'Provisioned', message: '', lastTransitionTime: '' }],
  });
  await says('Provisioned', 'False', 'NotProvisioned', '');
  await hostRuns(image);
  await says('Ready', 'True', 'InfoReported', '');
  expect((await theClaim()).status).toMatchObject({
    bareMetalHost: hostKey,
    hardwareData: hostKey,
    poweredOn: true,
    lastUpdated: expect.any(String),
  });

  await edit({ spec: { networkData: null, poweredOn: false } });
  await soon(async () => expect(await copy('networkdata')).toBeUndefined());
  expect((await theHost()).spec).toMatchObject({ online: false, image });
  expect((await theHost()).spec.networkData).toBeUndefined();

  await kubernetes.delete(hostClaim, claimKey);
  await says(
    'Associated',
    'False',
    'HostClaimDeleting',
    'BareMetalHost metal/host-1 is provisioned: the claim goes once it is available',
  );
  const released = (await theHost()).spec;
  expect([released.image, released.userData, released.consumerRef?.name]).toEqual([undefined, undefined, 'claim']);
  expect(await copy('userdata')).toBeDefined();
  await hostIs('available');
  await soon(async () => expect(await kubernetes.find(hostClaim, claimKey)).toBeUndefined());
  expect((await theHost()).spec).toEqual({ online: false });
  expect(await copy('userdata')).toBeUndefined();
});

const hostRuns = (what: object) =>
  kubernetes.patchStatus(bareMetalHost, hostKey, {
    type: 'merge',
    body: { status: { provisioning: { image: what } } },
  });

test('a claim that waits says why, and is woken by what ends its wait', async () => {
  await want();
  await says(
    'Associated',
    'False',
    'NoBareMetalHost',
    'no HostDeployPolicy lets claims of namespace tenant have hosts',
  );
  await kubernetes.create(hostDeployPolicy, aPolicy({ hasLabels: [{ name: 'team', value: 'blue' }] }));
  await kubernetes.create(namespaceKind, { metadata: { name: tenant } });
  await enrol('inspecting');
  await kubernetes.patch(
    namespaceKind,
    { name: tenant },
    { type: 'merge', body: { metadata: { labels: { team: 'blue' } } } },
  );
  await says('Associated', 'False', 'NoBareMetalHost', 'no available host: 1 in state "inspecting"');
  await hostIs('available');
  await isAssociated();
});

test('of two claims one gets the host, and the other one gets it next', async () => {
  await offer();
  await enrol();
  await Promise.all([want(), kubernetes.create(hostClaim, aClaim({ metadata: { name: 'second' } }))]);
  const states = async () =>
    (await Promise.all(['claim', 'second'].map((name) => theClaim(name)))).map((one) => condition(one, 'Associated'));
  const taken = ['True', 'BareMetalHostAssociated', ''];
  const waits = ['False', 'NoBareMetalHost', 'no available host: 1 in use'];
  await soon(async () => {
    await clock.advance(1_000);
    expect((await states()).sort()).toEqual([waits, taken]);
  });
  const first = (await theHost()).spec.consumerRef?.name ?? '';
  await kubernetes.delete(hostClaim, { namespace: tenant, name: first });
  await soon(async () => {
    await clock.advance(1_000);
    expect((await theHost()).spec.consumerRef?.name).toBe(first === 'claim' ? 'second' : 'claim');
  });
});

test('a host that names the claim already is its host, whatever state it is in', async () => {
  await enrol('provisioned', {
    consumerRef: { kind: 'HostClaim', name: 'claim', namespace: tenant, apiVersion: 'metal3.io/v1' },
  });
  await want();
  await isAssociated();
});

test('a claim that is put down for a host takes that one, though another process goes on with it', async () => {
  await offer();
  await enrol();
  await kubernetes.create(bareMetalHost, { ...aHost('a-host') });
  await kubernetes.patchStatus(
    bareMetalHost,
    { namespace: 'metal', name: 'a-host' },
    {
      type: 'merge',
      body: { status: aHost('a-host').status ?? {} },
    },
  );
  await stop();
  await want({}, { finalizers: ['metal3.io/hostclaim'] });
  await kubernetes.patchStatus(hostClaim, claimKey, {
    type: 'merge',
    body: { status: { bareMetalHost: hostKey } },
  });
  await start();
  await isAssociated();
  expect((await theClaim()).status?.bareMetalHost).toEqual(hostKey);
});

test('of two processes that know a host as free one gets it', async () => {
  await enrol();
  const client = cachedClient(kubernetes, { clock: systemClock });
  const pool = kubernetesHostPool(client, claimCaches(client, [], hostCaches(client, [])), () => 0);
  const host = await theHost();
  await pool.take(host, aClaim());
  await expect(pool.take(host, aClaim({ metadata: { name: 'second' } }))).rejects.toMatchObject({ code: 'Conflict' });
  expect((await theHost()).spec.consumerRef?.name).toBe('claim');
});

test('a host that somebody changes in the same instant is not taken by what was known of it before', async () => {
  await offer();
  kubernetes.failNext('patch', bareMetalHost, new KubeError('Conflict', 'it has changed', { status: 409 }));
  await enrol();
  await want();
  await says('Associated', 'False', 'BareMetalHostNotSynchronized', 'BareMetalHost metal/host-1 is being claimed');
  await clock.advance(1_000);
  await isAssociated();
});

test('a Secret that is not there, is elsewhere, or would take the place of another is told, and waited for', async () => {
  await offer();
  await enrol();
  await want({ image, userData: { name: 'user' }, metaData: { name: 'meta', namespace: 'other' } });
  await says('Synchronized', 'False', 'UserDataSecretSyncFailure', 'Secret tenant/user does not exist');
  expect((await theHost()).spec.image).toBeUndefined();
  await keep('user', 'mine');
  await keep('host-1-userdata', 'the host owner’s', 'metal');
  await clock.advance(30_000);
  await says(
    'Synchronized',
    'False',
    'UserDataSecretSyncFailure',
    'the host has a Secret metal/host-1-userdata already that is no copy: rename or delete that one',
  );
  await kubernetes.delete(secret, { namespace: 'metal', name: 'host-1-userdata' });
  await clock.advance(30_000);
  await says(
    'Synchronized',
    'False',
    'MetaDataSecretSyncFailure',
    "Secret other/meta must be in the claim's namespace, tenant",
  );
  await edit({ spec: { metaData: null } });
  await says('Synchronized', 'True', 'ConfigurationSynced', '');
  expect((await theHost()).spec).toMatchObject({ image, userData: { name: 'host-1-userdata' } });
});

test('a reboot that the claim is asked for is handed to the host once, and a hold for as long as it is asked for', async () => {
  await offer();
  await enrol();
  await want();
  await isAssociated();
  const noted = async () => (await theHost()).metadata.annotations ?? {};
  await edit({ metadata: { annotations: { 'reboot.metal3.io': '{"mode":"hard"}', 'reboot.metal3.io/repair': '' } } });
  await soon(async () =>
    expect(await noted()).toEqual({
      'reboot.metal3.io': '{"mode":"hard"}',
      'reboot.metal3.io/hostclaim': '{"mode":"soft","force":false}',
    }),
  );
  await soon(async () => expect((await theClaim()).metadata.annotations).toEqual({ 'reboot.metal3.io/repair': '' }));
  await edit({ metadata: { annotations: { 'reboot.metal3.io/repair': null } } });
  await soon(async () => expect(Object.keys(await noted())).toEqual(['reboot.metal3.io']));
});

test('a paused host is not written', async () => {
  await offer();
  await enrol();
  await want();
  await isAssociated();
  const paused = { metadata: { annotations: { 'baremetalhost.metal3.io/paused': '' } } };
  await kubernetes.patch(bareMetalHost, hostKey, { type: 'merge', body: paused });
  await edit({ spec: { image } });
  await says('Synchronized', 'False', 'HostPaused', 'BareMetalHost metal/host-1 is paused');
  expect((await theHost()).spec.image).toBeUndefined();
});

test('a host that is gone is not replaced by another behind the back of whoever runs something on it', async () => {
  await offer();
  await enrol();
  await want();
  await isAssociated();
  await kubernetes.delete(bareMetalHost, hostKey);
  const message =
    'BareMetalHost metal/host-1 is gone, or no longer names this claim as its consumer: delete the claim and make another';
  await says('Associated', 'False', 'MissingBareMetalHost', message);
  await enrol();
  await edit({ spec: { poweredOn: false } });
  await says('Associated', 'False', 'MissingBareMetalHost', message);
  await kubernetes.delete(hostClaim, claimKey);
  await soon(async () => expect(await kubernetes.find(hostClaim, claimKey)).toBeUndefined());
});

test('a claim at rest costs nothing', async () => {
  await offer();
  await enrol();
  await want({ image });
  await says('Synchronized', 'True', 'ConfigurationSynced', '');
  const written = () =>
    [...kubernetes.calls].filter(([call]) => /^(create|patch|delete|get|find) ?/.test(call)).map(([, count]) => count);
  const before = written();
  await kubernetes.patch(bareMetalHost, hostKey, { type: 'merge', body: { metadata: { labels: { rack: '7' } } } });
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  const [most] = written()
    .map((count, index) => count - (before[index] ?? 0))
    .sort((left, right) => right - left);
  expect(most).toBe(1);
});
