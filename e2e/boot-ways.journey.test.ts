import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ironicHalf, listMachines, startStack, type SimulatedMachine, type Stack } from '@metal3/stack';
import { startIpmiSim, type IpmiSim } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';

interface Boot {
  readonly event: string;
  readonly detail: { readonly source: string; readonly url: string };
}

const root = join(import.meta.dirname, '..');
/** Driver, boot interface, what the BMC is told to boot, and the last part of what the machine fetches first. */
const ways = [
  ['redfish', 'redfish-virtual-media', 'Cd', 'boot.iso'],
  ['redfish', 'redfish-https', 'UefiHttp', 'boot.iso'],
  ['redfish', 'http-ipxe', 'UefiHttp', 'boot.efi'],
  ['redfish', 'ipxe', 'Pxe', 'boot.ipxe'],
  ['ipmi', 'ipxe', 'Pxe', 'boot.ipxe'],
] as const;

let dir: string;
let stack: Stack;
let machines: readonly SimulatedMachine[];
let ipmi: IpmiSim | undefined;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'metal3-boot-ways-'));
  writeFileSync(join(dir, 'loader.efi'), 'MZ stands in for a boot loader');
  const fileRoots = [dir];
  stack = await startStack({
    root,
    dir,
    hosts: ways.length,
    namespace: 'metal3',
    services: ironicHalf,
    timeScale: 0.005,
    heartbeatInterval: 1,
    networkBoot: true,
    overrides: {
      'ironic-conductor': { ipmi: { minCommandInterval: '10ms' } },
      'pxe-server': { cache: { fileRoots }, agent: { httpLoaders: [`file://${join(dir, 'loader.efi')}`] } },
    },
  });
  machines = await listMachines(stack.fleetUrl ?? '');
}, 300_000);
afterAll(async () => {
  await Promise.allSettled([ipmi?.stop(), stack?.stop()]);
  rmSync(dir, { recursive: true, force: true });
});

async function rest(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const reply = await fetch(`${stack.restUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': '1.89' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
}

async function brought(uuid: string, target: string, state: string): Promise<void> {
  await rest('PUT', `/v1/nodes/${uuid}/states/provision`, { target });
  await eventually(
    async () => {
      const node = await rest('GET', `/v1/nodes/${uuid}`);
      if (node['provision_state'] === state && node['reservation'] === null) return true;
      throw new Error(`${uuid} is ${String(node['provision_state'])}: ${String(node['last_error'])}`);
    },
    { timeoutMs: 120_000 },
  );
}

/** Where the BMC of a machine is. One that speaks IPMI is another program, which has the machine do what it is told. */
async function driverInfo(driver: 'redfish' | 'ipmi', { uuid, account }: SimulatedMachine): Promise<object> {
  if (driver === 'redfish') {
    return {
      redfish_address: stack.fleetUrl,
      redfish_system_id: `/redfish/v1/Systems/${uuid}`,
      redfish_username: account.username,
      redfish_password: account.password,
    };
  }
  const program = [process.execPath, join(import.meta.dirname, 'ipmi-chassis.mjs')];
  const words = [...program, stack.fleetUrl, uuid, account.username, account.password, '0x20'];
  const bmc = { username: 'admin', password: 'secret' };
  ipmi = await startIpmiSim({ dir: join(dir, 'bmc'), account: bmc, chassis: words.join(' ') });
  return {
    ipmi_address: ipmi.address,
    ipmi_port: ipmi.port,
    ipmi_username: bmc.username,
    ipmi_password: bmc.password,
  };
}

test.each(ways.map((way, index) => [...way, index] as const))(
  'with driver %s and boot interface %s the BMC boots %s, the agent comes from pxe-server (%s), cleans and deploys',
  async (driver, bootInterface, source, first, index) => {
    const machine = machines[index];
    if (machine === undefined) throw new Error(`there is no machine ${index}`);
    const { uuid, name, bootMac } = machine;
    await rest('POST', '/v1/nodes', {
      uuid,
      name,
      driver,
      boot_interface: bootInterface,
      deploy_interface: 'direct',
      driver_info: await driverInfo(driver, machine),
      properties: { capabilities: 'boot_mode:uefi', cpu_arch: 'x86_64' },
    });
    await rest('POST', '/v1/ports', { node_uuid: uuid, address: bootMac });
    await brought(uuid, 'manage', 'manageable');
    await brought(uuid, 'provide', 'available');
    const image = `${stack.fleetUrl}/files/images/tiny.raw`;
    await rest('PATCH', `/v1/nodes/${uuid}`, [
      { op: 'add', path: '/instance_info', value: { image_source: image, image_checksum: `${image}.sha256sum` } },
    ] as unknown as object);
    await brought(uuid, 'active', 'active');

    // Ironic calls a node active when it has been switched on; what it boots from then is seen a moment later.
    const boots = await eventually(async () => {
      const { entries } = (await (await fetch(`${stack.fleetUrl}/fleet/ledger?machine=${name}`)).json()) as {
        entries: Boot[];
      };
      const found = entries.filter(({ event }) => event === 'boot' || event === 'boot-loader');
      return found.at(-1)?.detail.source === 'Hdd' ? found : undefined;
    });
    expect(boots[0]?.detail).toMatchObject({ source, url: expect.stringMatching(new RegExp(`/${first}$`)) });
    expect(new Set(boots.map(({ detail }) => detail.source))).toEqual(new Set([source, 'Hdd']));
  },
  300_000,
);
