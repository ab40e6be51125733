import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { secret } from '@metal3/kube-client';
import { cachedClient, findCondition, type Controller } from '@metal3/kube-controller';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { bareMetalSwitch, type BareMetalSwitchSpec } from '@metal3/metal3-api';
import { systemClock } from '@metal3/service';
import { fakeClock, silentLog, type FakeClock } from '@metal3/testing';
import { hostCaches } from '../host/adapters/kubernetes.ts';
import { soon } from '../host/testing/soon.ts';
import { switchController, switchControllers } from './controllers.ts';

const namespace = 'metal';
const settings = { configsSecret: 'configs', credentialsSecret: 'keys', credentialsPath: '/etc/ironic/keys/' };
const header = '# This file is managed by the Baremetal Operator\n\n';
const tor1 = [
  '[switch:tor-1]',
  'address=192.0.2.10',
  'mac_address=52:54:00:00:00:01',
  'driver_type=generic-switch',
  'device_type=netmiko_cisco_ios',
  'username=admin',
  'password=secret',
  '\n',
].join('\n');

let kubernetes: MemoryKubernetes;
let clock: FakeClock;
let stopped: AbortController;
let running: Promise<unknown>;

beforeEach(async () => {
  clock = fakeClock();
  kubernetes = memoryKubernetes({ now: () => clock.now() });
  stopped = new AbortController();
  const client = cachedClient(kubernetes, { clock: systemClock });
  const caches = hostCaches(client, []);
  const controller: Controller = switchController(settings, { client, namespaces: [], caches, clock, log: silentLog });
  running = Promise.all([client.run(stopped.signal), controller.run(stopped.signal)]);
  await client.whenSynced();
});
afterEach(async () => {
  stopped.abort();
  await running;
});

const encoded = (values: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]));
const keep = (name: string, values: Readonly<Record<string, string>> = {}) =>
  kubernetes.create(secret, { metadata: { namespace, name }, data: encoded(values) });
const change = (name: string, values: Readonly<Record<string, string>>) =>
  kubernetes.patch(secret, { namespace, name }, { type: 'merge', body: { data: encoded(values) } });
const install = (name: string, spec: Partial<BareMetalSwitchSpec> = {}) =>
  kubernetes.create(bareMetalSwitch, {
    metadata: { namespace, name },
    spec: {
      address: '192.0.2.10',
      macAddress: '52:54:00:00:00:01',
      deviceType: 'netmiko_cisco_ios',
      credentials: { name: `${name}-credentials` },
      ...spec,
    },
  });
const content = async (name: string) => {
  const found = await kubernetes.get(secret, { namespace, name });
  return Object.fromEntries(
    Object.entries(found.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
  );
};
const written = (text: string) =>
  soon(async () => expect(await content('configs')).toEqual({ 'switch-configs.conf': `${header}${text}` }));
const isValid = (name: string, ...expected: readonly string[]) =>
  soon(async () => {
    const { status } = await kubernetes.get(bareMetalSwitch, { namespace, name });
    const found = findCondition(status?.conditions, 'Valid');
    expect([found?.status, found?.reason, ...(found?.message ? [found.message] : [])]).toEqual(expected);
  });
const outputs = () => Promise.all([keep('configs', { stale: 'x' }), keep('keys', { 'old.key': 'x' })]);

test('switches of a namespace make one configuration, in the order of their names', async () => {
  await outputs();
  await keep('tor-1-credentials', { username: 'admin', password: 'secret' });
  await keep('tor-2-credentials', {
    username: 'ops',
    password: 'unused',
    'ssh-privatekey': 'KEY',
    'admin-password': 'more',
  });
  await install('tor-2', { macAddress: '52:54:00:00:00:02', port: 8022, disableCertificateVerification: true });
  await install('tor-1');
  const tor2 = [
    '[switch:tor-2]',
    'address=192.0.2.10',
    'mac_address=52:54:00:00:00:02',
    'port=8022',
    'driver_type=generic-switch',
    'device_type=netmiko_cisco_ios',
    'insecure=true',
    'username=ops',
    'key_file=/etc/ironic/keys/52-54-00-00-00-02.key',
    'enable_secret=more',
    '\n',
  ].join('\n');
  await written(`${tor1}${tor2}`);
  expect(await content('keys')).toEqual({ '52-54-00-00-00-02.key': 'KEY' });
  await isValid('tor-1', 'True', 'Reconciled');
  const { metadata } = await kubernetes.get(secret, { namespace, name: 'tor-2-credentials' });
  expect(metadata).toMatchObject({
    labels: { 'environment.metal3.io': 'baremetal' },
    ownerReferences: [{ kind: 'BareMetalSwitch', name: 'tor-2' }],
  });
  await kubernetes.delete(bareMetalSwitch, { namespace, name: 'tor-2' });
  await written(tor1);
  expect(await content('keys')).toEqual({});
});

test('a switch whose credentials are wrong is left out, keeps nobody else out, and is back once they are mended', async () => {
  await outputs();
  await keep('tor-1-credentials', { username: 'admin', password: 'secret' });
  await keep('tor-2-credentials', { username: 'admin' });
  await install('tor-1');
  await install('tor-2', { macAddress: '52:54:00:00:00:02' });
  await isValid(
    'tor-2',
    'False',
    'CredentialError',
    'credentials Secret tor-2-credentials lacks the keys password and ssh-privatekey: it needs one of them',
  );
  await written(tor1);
  await change('tor-2-credentials', { password: 'secret' });
  await isValid('tor-2', 'True', 'Reconciled');
  await change('tor-1-credentials', { password: 'rotated' });
  await soon(async () => expect((await content('configs'))['switch-configs.conf']).toContain('password=rotated\n'));
});

test('Secrets that are missing are told, and looked for again', async () => {
  await install('tor-1');
  await isValid('tor-1', 'False', 'CredentialError', 'credentials Secret metal/tor-1-credentials does not exist');
  await keep('tor-1-credentials', { username: 'admin', password: 'secret' });
  await clock.advance(10_000);
  await isValid(
    'tor-1',
    'False',
    'ConfigurationNotWritten',
    'Secret metal/keys and Secret metal/configs does not exist: make it, empty, for the configuration of switches',
  );
  await outputs();
  await clock.advance(10_000);
  await isValid('tor-1', 'True', 'Reconciled');
  await written(tor1);
});

test.each<
  [what: string, credentials: Readonly<Record<string, string>>, spec: Partial<BareMetalSwitchSpec>, message: string]
>([
  [
    'a password with a second line',
    { username: 'admin', password: 'x\n[switch:core]\naddress=192.0.2.66' },
    {},
    'password of Secret tor-2-credentials has a line break or another control character: write one line',
  ],
  [
    'a user name with a second line',
    { username: 'a\rb', password: 'x' },
    {},
    'username of Secret tor-2-credentials has',
  ],
  [
    'an address with a second line',
    { username: 'a', password: 'x' },
    { address: '192.0.2.1\nport=1' },
    'spec.address has',
  ],
  ['no user name', { password: 'x' }, {}, 'lacks the key username'],
  ['no Secret', { username: 'a', password: 'x' }, { credentials: {} }, 'spec.credentials.name is missing'],
  [
    'a Secret of another namespace',
    { username: 'a', password: 'x' },
    { credentials: { name: 'theirs', namespace: 'other' } },
    'the Secret must be in the namespace of the switch, metal',
  ],
])('a switch with %s is refused with the reason, and writes nothing', async (_what, credentials, spec, message) => {
  await outputs();
  await keep('tor-1-credentials', { username: 'admin', password: 'secret' });
  await keep('tor-2-credentials', credentials);
  await install('tor-1');
  await install('tor-2', { macAddress: '52:54:00:00:00:02', ...spec });
  await isValid('tor-2', 'False', 'CredentialError', expect.stringContaining(message) as unknown as string);
  await written(tor1);
});

test('settings that are left out are named', () => {
  const surroundings = {} as Parameters<typeof switchControllers>[1];
  expect(switchControllers({ ...settings, enabled: false }, surroundings)).toEqual([]);
  expect(() => switchControllers({ ...settings, configsSecret: '', enabled: true }, surroundings)).toThrow(
    /networking.configsSecret is empty/,
  );
});
