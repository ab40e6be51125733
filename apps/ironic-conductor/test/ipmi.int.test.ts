import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startIpmiSim, type IpmiSim } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';
import { startSite, type Site } from './site.ts';

const account = { username: 'admin', password: 'secret' };
/** A machine that is two files: whether it is on, and what it boots from. */
const chassis = `#!/bin/sh
shift
what=$1
shift
while [ $# -gt 0 ]; do
  if [ "$what" = get ]; then echo "$1:$(cat "$(dirname "$0")/$1")"; shift
  else echo "$2" > "$(dirname "$0")/$1"; shift 2; fi
done
`;

let dir: string;
let bmc: IpmiSim | undefined;
let site: Site | undefined;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'metal3-ipmi-'));
  const program = join(dir, 'chassis');
  writeFileSync(program, chassis);
  chmodSync(program, 0o755);
  writeFileSync(join(dir, 'power'), '0');
  writeFileSync(join(dir, 'boot'), 'none');
  bmc = await startIpmiSim({ dir, account, chassis: `${program} 0x20` });
  site = await startSite({ hosts: 1 });
  await site.startConductor({ OS_IPMI__MIN_COMMAND_INTERVAL: '10ms' });
}, 300_000);
afterAll(async () => {
  await Promise.allSettled([bmc?.stop(), site?.close()]);
  rmSync(dir, { recursive: true, force: true });
});

const here = (): Site => {
  if (site === undefined) throw new Error('the site did not start');
  return site;
};
const machineIs = (what: 'power' | 'boot'): string => readFileSync(join(dir, what), 'utf8').trim();

async function enrol(password: string): Promise<string> {
  const { uuid } = (await here().rest('POST', '/v1/nodes', {
    driver: 'ipmi',
    boot_interface: 'ipxe',
    deploy_interface: 'direct',
    driver_info: {
      ipmi_address: bmc?.address,
      ipmi_port: bmc?.port,
      ipmi_username: account.username,
      ipmi_password: password,
    },
  })) as { readonly uuid: string };
  await here().ask(uuid, 'manage');
  return uuid;
}

test('a real BMC that speaks IPMI is switched, told what to boot, and sent bytes', async () => {
  const uuid = await enrol(account.password);
  const node = await here().reaches(uuid, 'manageable');
  expect(node).toMatchObject({
    power_state: 'power off',
    properties: { vendor: 'montavista software, inc.' },
    power_interface: 'ipmitool',
    management_interface: 'ipmitool',
    vendor_interface: 'ipmitool',
  });

  const power = async (target: string, state: string) => {
    await here().rest('PUT', `/v1/nodes/${uuid}/states/power`, { target });
    await eventually(
      async () => {
        const { power_state: is, target_power_state: wanted, last_error: error } = await here().node(uuid);
        expect({ is, wanted, error }).toEqual({ is: state, wanted: null, error: null });
        return true;
      },
      { timeoutMs: 60_000 },
    );
  };
  await power('power on', 'power on');
  expect(machineIs('power')).toBe('1');
  await power('rebooting', 'power on');
  await power('power off', 'power off');
  expect(machineIs('power')).toBe('0');

  const device = `/v1/nodes/${uuid}/management/boot_device`;
  expect(await here().rest('GET', `${device}/supported`)).toEqual({
    supported_boot_devices: ['pxe', 'disk', 'cdrom', 'bios', 'safe'],
  });
  await here().rest('PUT', device, { boot_device: 'pxe', persistent: false });
  expect(machineIs('boot')).toBe('pxe');
  expect(await here().rest('GET', device)).toEqual({ boot_device: 'pxe', persistent: false });

  const vendor = `/v1/nodes/${uuid}/vendor_passthru`;
  expect(Object.keys((await here().rest('GET', `${vendor}/methods`)) as object)).toEqual(['bmc_reset', 'send_raw']);
  await here().rest('POST', `${vendor}/send_raw`, { raw_bytes: '0x00 0x08 0x05 0xa0 0x08 0x00 0x00 0x00' });
  expect(machineIs('boot')).toBe('default');
  await expect(here().rest('POST', `${vendor}/send_raw`, {})).rejects.toThrow(/400.*raw_bytes is missing/s);
  // The BMC of the test knows no such command.
  await expect(here().rest('PUT', `/v1/nodes/${uuid}/management/inject_nmi`, {})).rejects.toThrow(
    /IPMI call failed: power diag/,
  );
}, 240_000);

test('a wrong password ends the enrolment with the fields to correct, and the right one mends it', async () => {
  const uuid = await enrol('wrong');
  const { last_error: error } = await here().reaches(uuid, 'enroll');
  expect(error).toMatch(/Failed to get power state for node .*IPMI call failed: power status.*ipmi_password/);
  await here().patch(uuid, '/driver_info/ipmi_password', account.password);
  await here().ask(uuid, 'manage');
  await here().reaches(uuid, 'manageable');
}, 240_000);
