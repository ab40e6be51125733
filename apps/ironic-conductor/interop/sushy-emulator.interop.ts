import { createServer } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { type Site, startSite } from '../test/site.ts';
import { type Emulator, emulator } from './emulator.ts';

declare const globalThis: { readonly emulator: string };

const system = {
  uuid: '27946b59-9e44-4fa7-8e91-f3527a1ef094',
  name: 'foreign',
  mac: '52:54:00:00:00:01',
};
const { uuid } = system;

let site: Site;
let bmc: Emulator;
beforeAll(async () => {
  site = await startSite({ hosts: 1 });
  bmc = await emulator(globalThis.emulator, site.folder, await freePort(), [system]);
  await bmc.start();
  await site.startConductor({
    POWER_SYNC_EVERY: '2s',
    POWER_FAILURE_AFTER: '4s',
    POWER_RECOVER_EVERY: '2s',
    BMC_VERIFY_RETRY: '1s',
  });
});
afterAll(async () => {
  await bmc.stop();
  await site.close();
});

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

const driverInfo = () => ({
  redfish_address: bmc.origin,
  redfish_system_id: `/redfish/v1/Systems/${uuid}`,
  redfish_username: bmc.account.username,
  redfish_password: bmc.account.password,
  redfish_verify_ca: bmc.ca,
});

const powered = (state: string) =>
  eventually(
    async () => {
      const { power_state: power, target_power_state: target, last_error: error } = await site.node(uuid);
      expect({ power, target, error }).toEqual({ power: state, target: null, error: null });
      return true;
    },
    { timeoutMs: 120_000 },
  );
const ask = (target: string) => site.rest('PUT', `/v1/nodes/${uuid}/states/power`, { target });

test('a wrong password ends verification with what is to be done, and the right one passes it', async () => {
  await site.rest('POST', '/v1/nodes', {
    uuid,
    name: system.name,
    driver: 'redfish',
    boot_interface: 'redfish-virtual-media',
    inspect_interface: 'redfish',
    driver_info: { ...driverInfo(), redfish_password: 'wrong' },
  });
  await site.ask(uuid, 'manage');
  expect((await site.reaches(uuid, 'enroll')).last_error).toMatch(/HTTP 401/);
  await site.patch(uuid, '/driver_info/redfish_password', bmc.account.password);
  await site.patch(uuid, '/driver_info/redfish_verify_ca', 'true');
  await site.ask(uuid, 'manage');
  expect((await site.reaches(uuid, 'enroll')).last_error).toMatch(/certificate/);
  await site.patch(uuid, '/driver_info/redfish_verify_ca', bmc.ca);
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
});

test('BIOS settings and firmware are told as the service has them', async () => {
  const { bios } = (await site.rest('GET', `/v1/nodes/${uuid}/bios?detail=true`)) as { readonly bios: unknown[] };
  expect(bios).toContainEqual(
    expect.objectContaining({ name: 'ProcTurboMode', value: 'Enabled', attribute_type: 'Enumeration' }),
  );
  const { firmware } = (await site.rest('GET', `/v1/nodes/${uuid}/firmware`)) as { readonly firmware: unknown[] };
  expect(firmware).toMatchObject([
    { component: 'bios', current_version: '1.0.0' },
    { component: 'bmc', current_version: '1.00' },
  ]);
});

test('the machine is inspected by its BMC', async () => {
  await site.ask(uuid, 'inspect');
  const { properties } = await site.reaches(uuid, 'manageable');
  expect(properties).toMatchObject({ memory_mb: 65_536, vendor: 'sushy emulator' });
  const { ports } = (await site.rest('GET', `/v1/nodes/${uuid}/ports`)) as { readonly ports: unknown };
  expect(ports).toMatchObject([{ address: system.mac }]);
});

test('power is switched on, restarted and switched off, over a restart of the service as well', async () => {
  await ask('power on');
  await powered('power on');
  await ask('rebooting');
  await powered('power on');
  await ask('soft power off');
  await bmc.stop();
  await bmc.start();
  await powered('power off');
});

test('a service that is away puts the node into maintenance with a fault, and back when it returns', async () => {
  await bmc.stop();
  const gone = { maintenance: true, fault: 'power failure' };
  await eventually(async () => (expect(await site.node(uuid)).toMatchObject(gone), true), { timeoutMs: 60_000 });
  await bmc.start();
  const back = { maintenance: false, fault: null };
  await eventually(async () => (expect(await site.node(uuid)).toMatchObject(back), true), { timeoutMs: 60_000 });
});

test.each(['pxe', 'disk', 'cdrom', 'uefihttp'])('boot device %s is set and read', async (device) => {
  const path = `/v1/nodes/${uuid}/management/boot_device`;
  await site.rest('PUT', path, { boot_device: device, persistent: true });
  // The emulator has no HTTP boot without a URL of its own and takes PXE for it.
  expect(await site.rest('GET', path)).toMatchObject({ boot_device: device === 'uefihttp' ? 'pxe' : device });
});

test('a medium is attached and detached', async () => {
  const path = `/v1/nodes/${uuid}/vmedia`;
  await site.rest('POST', path, { device_type: 'cdrom', image_url: `${site.fleet.urls.files}/ipa/vmlinuz` });
  const inserted = async (wanted: boolean) => {
    const told = JSON.stringify(await site.rest('GET', path));
    expect(told.includes('"inserted":true')).toBe(wanted);
    return true;
  };
  await eventually(() => inserted(true), { timeoutMs: 30_000 });
  await site.rest('DELETE', path);
  await eventually(() => inserted(false), { timeoutMs: 30_000 });
});

test('the lamp of the machine is read and switched', async () => {
  const path = `/v1/nodes/${uuid}/management/indicators/${uuid}@system`;
  expect(await site.rest('GET', path)).toEqual({ state: 'on' });
  await site.rest('PUT', path, { state: 'blinking' });
  expect(await site.rest('GET', path)).toEqual({ state: 'blinking' });
});

test('BIOS settings and firmware of the BIOS are changed in a cleaning without an agent', async () => {
  const step = (owner: string, name: string, args?: object) => ({ interface: owner, step: name, args });
  await site.ask(uuid, 'clean', {
    disable_ramdisk: true,
    clean_steps: [
      step('bios', 'apply_configuration', { settings: [{ name: 'ProcTurboMode', value: 'Disabled' }] }),
      step('firmware', 'update', {
        settings: [{ component: 'bios', url: `${site.fleet.urls.files}/images/tiny.raw` }],
      }),
    ],
  });
  expect((await site.reaches(uuid, 'manageable', 170_000)).last_error).toBeNull();
  const settings = (await site.rest('GET', `/v1/nodes/${uuid}/bios/ProcTurboMode`)) as object;
  expect(settings).toMatchObject({ ProcTurboMode: { value: 'Disabled' } });
  const { firmware } = (await site.rest('GET', `/v1/nodes/${uuid}/firmware`)) as { readonly firmware: unknown[] };
  expect(firmware).toContainEqual(
    expect.objectContaining({ component: 'bios', current_version: '1.1.0', last_version_flashed: '1.1.0' }),
  );
});
