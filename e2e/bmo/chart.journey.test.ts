import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  connectKubernetes,
  type Kind,
  type Kubernetes,
  namespace as namespaceKind,
  readKubeConfig,
  secret,
} from '@metal3/kube-client';
import { isConditionTrue } from '@metal3/kube-controller';
import {
  applyManifests,
  type Child,
  type ControlPlane,
  ensureBinaries,
  type IpmiSim,
  type Manifest,
  renderChart,
  startControlPlane,
  startIpmiSim,
} from '@metal3/local-servers';
import {
  bareMetalHost,
  bareMetalSwitch,
  bmcEventSubscription,
  dataImage,
  hardwareData,
  hostClaim,
  hostFirmwareComponents,
  hostFirmwareSettings,
  hostUpdatePolicy,
  preprovisioningImage,
} from '@metal3/metal3-api';
import { applyExample, ironicHalf, listMachines, renderExample, type Stack, startStack } from '@metal3/stack';
import { eventually } from '@metal3/testing';
import { grantedWrites, writtenBy } from '../chart-rights.ts';
import { startInstalled } from '../ipam/management-cluster.ts';

const root = join(import.meta.dirname, '../..');
const namespace = 'baremetal-operator-system';
const tenant = 'metal';
/** Whose claims get hosts of `tenant`. */
const customer = 'customer';
/** Where Ironic's networking service is used. */
const networking = {
  enabled: true,
  configsSecret: 'switch-configs',
  credentialsSecret: 'switch-keys',
  credentialsPath: '/etc/ironic/switch-keys',
};
const account = `system:serviceaccount:${namespace}:bmo`;

let folder = '';
let auditFile = '';
let plane: ControlPlane;
let api: Kubernetes;
let stack: Stack;
let bmo: Child;
let ipmi: IpmiSim | undefined;
let kubectl = '';
let manifests: readonly Manifest[] = [];
let name = '';
let key: { readonly namespace: string; readonly name: string };

/** Everything of the chart, as `helm install` applies it, bmo as its Deployment would run it, and two machines of the simulated data centre. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-bmo-chart-'));
  auditFile = join(folder, 'audit.log');
  ({ kubectl } = await ensureBinaries({ names: ['kubectl'] }));
  // As OpenShift has it: whoever makes something belong to something else needs rights to both.
  plane = await startControlPlane({ auditFile, admissionPlugins: ['OwnerReferencesPermissionEnforcement'] });
  api = connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now: Date.now }), {
    userAgent: 'chart-journey',
    now: Date.now,
  });
  manifests = await renderChart({ chart: 'bmo', namespace, values: { config: { networking } } });
  const homes = [namespace, tenant].map((home) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }));
  await applyManifests(plane, [...homes, ...manifests], { namespace });
  stack = await startStack({
    root,
    dir: join(folder, 'stack'),
    hosts: 2,
    namespace: tenant,
    services: ironicHalf,
    networkBoot: true,
    overrides: { 'ironic-conductor': { ipmi: { minCommandInterval: '10ms' } } },
  });
  const ironic = stack.ports.grpc['ironic-api'];
  bmo = await startInstalled(plane, {
    chart: 'bmo',
    namespace,
    name: 'bmo',
    flags: [
      `--ironic-grpc-address=127.0.0.1:${ironic}`,
      '--build-preprov-image',
      `--deploy-image-kernel-url=${stack.fleetUrl}/files/ipa/vmlinuz`,
      `--deploy-image-ramdisk-url=${stack.fleetUrl}/files/ipa/initramfs`,
    ],
  });
}, 600_000);
afterAll(async () => {
  await bmo?.stop({ graceMs: 10_000 });
  await ipmi?.stop();
  await stack?.stop();
  await api?.close();
  await plane?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until it is so: neither false nor empty. */
const soon = (look: () => Promise<unknown>) => eventually(look, { timeoutMs: 150_000, everyMs: 100 });

const reaches = (state: string, host = key) =>
  soon(async () => {
    const { status } = await api.get(bareMetalHost, host);
    const is = { state: status?.provisioning.state, does: status?.operationalStatus, error: status?.errorMessage };
    if (is.state === state && is.does === 'OK') return true;
    throw new Error(`${host.name} is ${JSON.stringify(is)}, not ${state}`);
  });

/** Like a user at a keyboard. */
async function kubectlDoes(args: readonly string[], input = ''): Promise<string> {
  const running = promisify(execFile)(kubectl, ['--kubeconfig', plane.kubeconfigPath, '--namespace', tenant, ...args]);
  running.child.stdin?.end(input);
  return (await running).stdout;
}

test('bmo takes a host through its whole life, with everything that belongs to it', async () => {
  await configureSwitch();
  await enrol();
  await updateFirmware();
  await provisionByClaim();
  await insertDataImageByKubectl();
  await subscribeForAWhile();
  await releaseAndDelete();
}, 600_000);

test('a host with an ipmi:// address boots its agent over the network and becomes available', async () => {
  const [, machine] = await listMachines(stack.fleetUrl ?? '');
  if (machine === undefined) throw new Error('the data centre has one machine');
  // The BMC is another program, which has the machine do what it is told.
  const program = [process.execPath, join(import.meta.dirname, '../ipmi-chassis.mjs')];
  const words = [...program, stack.fleetUrl, machine.uuid, machine.account.username, machine.account.password, '0x20'];
  const bmc = { username: 'admin', password: 'secret' };
  ipmi = await startIpmiSim({ dir: join(folder, 'ipmi'), account: bmc, chassis: words.join(' ') });
  const host = { namespace: tenant, name: 'by-ipmi' };
  await api.create(secret, { metadata: { ...host, name: 'by-ipmi-bmc' }, stringData: bmc });
  await api.create(bareMetalHost, {
    metadata: host,
    spec: {
      online: true,
      bootMACAddress: machine.bootMac,
      bmc: { address: `ipmi://${ipmi.address}:${ipmi.port}`, credentialsName: 'by-ipmi-bmc' },
    },
  });
  await reaches('available', host);
  const { status } = await api.get(bareMetalHost, host);
  expect(status).toMatchObject({ poweredOn: true, hardware: { nics: expect.any(Array) } });
  await api.delete(bareMetalHost, host);
  await soon(async () => (await api.find(bareMetalHost, host)) === undefined);
}, 300_000);

describe('the account of the chart', () => {
  const written = () => writtenBy(auditFile, account);

  test('suffices: nothing that bmo wrote was forbidden, and nothing that it read', () => {
    expect(written().lines.length).toBeGreaterThan(30);
    expect(written().forbidden).toEqual([]);
    expect(bmo.logTail(100_000)).not.toMatch(/orbidden/);
  });

  test('may write nothing that bmo does not write', async () => {
    const granted = grantedWrites(manifests, /^(baremetal-operator-system-)?bmo$/);
    const elsewhere = [
      // Settings and components are made where nobody has made them before, and taken over where somebody has.
      'create hostfirmwaresettings.metal3.io',
      'patch hostfirmwarecomponents.metal3.io',
      // An event that comes again is counted.
      'patch events.',
      // Certificates are renewed after months.
      'patch secrets.',
      // What all charts with a webhook have.
      'patch mutatingwebhookconfigurations.admissionregistration.k8s.io',
    ];
    // Never a request of its own: what the API server asks of those who name an owner.
    const asked = (right: string) => right.startsWith('delete ') || right.includes('/finalizers.');
    const idle = new Set(granted.filter((right) => !elsewhere.includes(right) && !asked(right)));
    await soon(async () => {
      for (const right of written().rights) idle.delete(right);
      expect([...idle]).toEqual([]);
      return true;
    });
  });
});

async function configureSwitch(): Promise<void> {
  const inTenant = (name: string) => ({ namespace: tenant, name });
  for (const name of [networking.configsSecret, networking.credentialsSecret]) {
    await api.create(secret, { metadata: inTenant(name) });
  }
  await api.create(secret, { metadata: inTenant('tor-1'), stringData: { username: 'admin', 'ssh-privatekey': 'KEY' } });
  const spec = { address: '192.0.2.10', macAddress: '52:54:00:00:00:01', deviceType: 'netmiko_cisco_ios' };
  await api.create(bareMetalSwitch, { metadata: inTenant('tor-1'), spec: { ...spec, credentials: { name: 'tor-1' } } });
  await soon(async () =>
    isConditionTrue((await api.get(bareMetalSwitch, inTenant('tor-1'))).status?.conditions, 'Valid'),
  );
  const { data } = await api.get(secret, inTenant(networking.configsSecret));
  expect(Buffer.from(data?.['switch-configs.conf'] ?? '', 'base64').toString()).toContain('[switch:tor-1]\n');
}

/** A host is enrolled, inspected and cleaned; settings, components and a policy for it were there first. */
async function enrol(): Promise<void> {
  const [machine] = await listMachines(stack.fleetUrl ?? '');
  if (machine === undefined) throw new Error('the data centre is empty');
  ({ name } = machine);
  key = { namespace: tenant, name };
  await applyExample(
    api,
    renderExample(root, 'hosts/host.yaml', {
      NAMESPACE: tenant,
      NAME: name,
      UUID: machine.uuid,
      BOOT_MAC: machine.bootMac,
      BMC_URL: stack.fleetUrl ?? '',
      BMC_USERNAME: machine.account.username,
      BMC_PASSWORD: machine.account.password,
      PURPOSE: 'rights',
    }),
  );
  await api.create(hostFirmwareSettings, { metadata: key, spec: { settings: { QuietBoot: 'false' } } });
  await api.create(hostUpdatePolicy, { metadata: key, spec: { firmwareSettings: 'onReboot' } });
  await reaches('available');
  expect((await api.get(hardwareData, key)).spec.hardware).toBeDefined();
  expect((await api.get(hostFirmwareSettings, key)).status?.schema).toMatchObject({ namespace: tenant });
  expect((await api.get(preprovisioningImage, key)).status?.imageUrl).toContain('/initramfs');
  for (const kind of [hostFirmwareSettings, hostFirmwareComponents, hostUpdatePolicy] as readonly Kind[]) {
    await soon(async () => (await api.get(kind, key)).metadata.ownerReferences?.some((owner) => owner.name === name));
  }
}

async function updateFirmware(): Promise<void> {
  const url = `${stack.fleetUrl}/files/images/tiny.raw`;
  const body = { spec: { updates: [{ component: 'bmc', url }] } };
  await api.patch(hostFirmwareComponents, key, { type: 'merge', body });
  await soon(async () => (await api.get(hostFirmwareComponents, key)).status?.updates?.some((one) => one.url === url));
  await reaches('available');
}

/** As somebody who may not see the host: what runs on it, and its Secret, are in another namespace. */
async function provisionByClaim(): Promise<void> {
  const example = renderExample(root, 'hosts/claim.yaml', {
    ...{ NAMESPACE: tenant, CUSTOMER: customer, NAME: 'database', FILES_URL: `${stack.fleetUrl}/files` },
  });
  await api.create(namespaceKind, { metadata: { name: customer, labels: { 'example.com/hosts': 'yes' } } });
  await applyExample(api, example);
  await soon(async () => {
    const { status } = await api.get(hostClaim, claimKey);
    if (isConditionTrue(status?.conditions, 'Ready')) return status?.hardwareData?.name === name;
    throw new Error(`the claim is not ready: ${JSON.stringify(status)}`);
  });
  const { spec } = await api.get(bareMetalHost, key);
  expect(spec).toMatchObject({ consumerRef: { kind: 'HostClaim', namespace: customer }, online: true });
  expect(spec.userData).toEqual({ namespace: tenant, name: `${name}-userdata` });
  await reaches('provisioned');
}

const claimKey = { namespace: customer, name: 'database' };

/** As a user does it: what is in the drive changes with the next reboot. */
async function insertDataImageByKubectl(): Promise<void> {
  const image = {
    apiVersion: 'metal3.io/v1alpha1',
    kind: 'DataImage',
    metadata: { name },
    spec: { url: `${stack.fleetUrl}/files/images/tiny.raw` },
  };
  const reboot = () => kubectlDoes(['annotate', 'baremetalhost', name, 'reboot.metal3.io=']);
  expect(await kubectlDoes(['apply', '-f', '-'], JSON.stringify(image))).toContain('created');
  await soon(async () => (await api.get(dataImage, key)).metadata.finalizers?.length);
  await reboot();
  await kubectlDoes([
    ...['wait', 'dataimage', name, '--timeout=150s'],
    `--for=jsonpath={.status.attachedImage.url}=${image.spec.url}`,
  ]);
  // A request that comes before the reboot is over is part of it.
  await soon(async () => {
    const { metadata, status } = await api.get(bareMetalHost, key);
    return status?.poweredOn === true && metadata.annotations?.['reboot.metal3.io'] === undefined;
  });
  expect(await kubectlDoes(['delete', 'dataimage', name, '--wait=false'])).toContain('deleted');
  await reboot();
  await kubectlDoes(['wait', 'dataimage', name, '--for=delete', '--timeout=150s']);
}

async function subscribeForAWhile(): Promise<void> {
  await api.create(secret, { metadata: { namespace: tenant, name: 'headers' }, stringData: { 'X-Token': 't' } });
  await api.create(bmcEventSubscription, {
    metadata: key,
    spec: {
      hostName: name,
      destination: 'https://192.0.2.9/events',
      httpHeadersRef: { name: 'headers', namespace: tenant },
    },
  });
  await soon(async () => (await api.get(bmcEventSubscription, key)).status?.subscriptionID);
  await api.delete(bmcEventSubscription, key);
  await soon(async () => (await api.find(bmcEventSubscription, key)) === undefined);
}

async function releaseAndDelete(): Promise<void> {
  await api.delete(hostClaim, claimKey);
  await soon(async () => (await api.find(hostClaim, claimKey)) === undefined);
  expect((await api.get(bareMetalHost, key)).spec).not.toHaveProperty('consumerRef');
  await reaches('available');
  expect(await api.find(secret, { namespace: tenant, name: `${name}-userdata` })).toBeUndefined();
  await api.delete(bareMetalHost, key);
  const kept: readonly Kind[] = [
    bareMetalHost,
    hardwareData,
    hostFirmwareSettings,
    preprovisioningImage,
    hostUpdatePolicy,
  ];
  for (const kind of kept) {
    await soon(async () => (await api.find(kind, key)) === undefined);
  }
  await soon(async () => (await api.find(secret, { ...key, name: `${name}-bmc-secret` })) === undefined);
}
