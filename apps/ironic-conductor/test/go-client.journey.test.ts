import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureBinaries } from '@metal3/local-servers';
import { type Site, startSite } from './site.ts';

const hurried = { AGENT_LOOK: '500ms', POWER_START_LOOK: '500ms' };

type Told = Readonly<Record<string, unknown>>;

let site: Site;
let listener: Server;
let told: ReadonlyMap<string, Told>;
let order: readonly string[];

beforeAll(async () => {
  const [{ 'ironic-client': program }, ready] = await Promise.all([
    ensureBinaries({ names: ['ironic-client'] }),
    startSite({ hosts: 1, heartbeatInterval: 0.5 }),
  ]);
  site = ready;
  listener = createServer((_request, response) => void response.end());
  await new Promise<void>((listening) => listener.listen(0, '127.0.0.1', listening));
  await site.startConductor(hurried);
  const { identity } = site.fleet.machine('node-0');
  const image = await site.image();
  const { stdout } = await promisify(execFile)(program ?? '', [], {
    timeout: 240_000,
    env: {
      IRONIC_ENDPOINT: `${site.api}/v1`,
      BMC_ADDRESS: site.fleet.urls.bmc,
      BMC_SYSTEM: `/redfish/v1/Systems/${identity.uuid}`,
      BMC_USER: identity.account.username,
      BMC_PASSWORD: identity.account.password,
      NODE_UUID: identity.uuid,
      NODE_NAME: 'metal3~node-0',
      MACS: identity.macs.join(','),
      IMAGE_URL: image['image_source'],
      IMAGE_SHA256: image['image_os_hash_value'],
      // Any file does for new firmware; a simulated machine counts its version up.
      FIRMWARE_URL: `${site.fleet.urls.files}/images/tiny.raw`,
      EVENTS_URL: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/events`,
    },
  });
  const lines = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Told & { readonly step: string });
  order = lines.map(({ step }) => step);
  told = new Map(lines.map(({ step, ...facts }) => [step, facts]));
}, 300_000);
afterAll(async () => {
  listener.close();
  await site.close();
});

const settled = (state: string): Told => ({ state, error: '' });
const refused = (status: number): Told => ({ status });
const nextOf = (version: unknown): string => String(version).replace(/\d+$/, (last) => String(Number(last) + 1));

const steps: readonly [step: string, facts: Told][] = [
  ['microversions', { min: '1.1', newest: true }],
  ['drivers', { names: ['fake-hardware', 'idrac', 'ipmi', 'redfish'] }],
  ['driver', { bios: 'redfish', management: ['redfish', 'noop'] }],
  ['conductors', { alive: true }],
  ['absent', refused(404)],
  [
    'create',
    {
      uuid: true,
      name: 'metal3~node-0',
      state: 'enroll',
      automatedClean: true,
      disablePowerOff: false,
      password: '******',
      management: 'redfish',
      created: true,
    },
  ],
  ['create again', refused(409)],
  ['port by address', { count: 1, mine: true }],
  ['port again', refused(409)],
  ['manage', settled('manageable')],
  ['no inventory yet', refused(404)],
  ['inspect', settled('manageable')],
  ['inventory', { architecture: 'x86_64', interfaces: 2, disks: true, memory: true, vendor: true, valid: true }],
  ['bios', { value: 'Enabled', type: 'Enumeration', allowed: ['Enabled', 'Disabled'], readOnly: false }],
  ['one setting', { value: '30', lower: 0, upper: 600 }],
  ['clean', settled('manageable')],
  ['bios after', { value: 'Disabled', type: 'Enumeration', allowed: ['Enabled', 'Disabled'], readOnly: false }],
  ['bios reset', settled('manageable')],
  ['bios after reset', { value: 'Enabled', type: 'Enumeration', allowed: ['Enabled', 'Disabled'], readOnly: false }],
  ['no such setting', refused(404)],
  ['raid without an interface', refused(400)],
  ['provide', settled('available')],
  ['allocation', { state: 'error' }],
  ['update', { instance: '11111111-2222-4333-8444-555555555555', algo: 'sha256' }],
  ['update of a read-only field', refused(400)],
  ['validate', { boot: true, deploy: true, power: true }],
  ['deploy', settled('active')],
  ['provide from active', refused(400)],
  ['power off', { power: 'power off' }],
  ['power on', { power: 'power on' }],
  ['power sideways', refused(400)],
  ['boot device', { device: 'pxe', persistent: true }],
  ['attached', { inserted: true }],
  ['detached', { inserted: false }],
  ['vendor methods', { create: ['POST'], delete: ['DELETE'], get: ['GET'], list: ['GET'], eject: ['POST'] }],
  ['subscribe', { id: true, context: 'rack 7', types: ['Alert'], protocol: 'Redfish' }],
  ['subscription', { same: true, destination: true }],
  ['subscriptions', { count: 1 }],
  ['unsubscribe', { count: 0 }],
  ['subscribe nowhere', refused(400)],
  ['no such method', refused(400)],
  ['service', settled('active')],
  ['bios after service', { value: 'Enabled', type: 'Enumeration', allowed: ['Enabled', 'Disabled'], readOnly: false }],
  ['undeploy', settled('available')],
  ['released', { instance: '', image: null, power: true }],
  ['maintenance', { on: true, reason: 'forced deletion' }],
  ['delete', refused(404)],
  ['list', { count: 0 }],
];

test.each(steps)("gophercloud's %s gets what Ironic gives", (step, facts) => {
  expect(told.get(step)).toEqual(facts);
});

test('firmware is installed, and its versions before, after and by us are told', () => {
  const before = told.get('firmware') ?? {};
  const components = ['bios', 'bmc', 'nic:NIC.1', 'nic:NIC.2'];
  for (const name of components) expect(before).toMatchObject({ [name]: expect.any(String), [`${name} flashed`]: '' });
  const after = components.flatMap((name) => {
    const untouched = name === 'nic:NIC.1';
    const version = untouched ? before[name] : nextOf(before[name]);
    return [[name, version] as const, [`${name} flashed`, untouched ? '' : version] as const];
  });
  expect(told.get('firmware after')).toEqual(Object.fromEntries(after));
});

test('nothing else was told', () => {
  const known = [...steps.map(([step]) => step), 'firmware', 'firmware after'];
  expect(order.filter((step) => !known.includes(step))).toEqual([]);
});
