import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { type Site, startSite } from './site.ts';

/** Looks are frequent, so that what takes minutes in a data centre takes seconds here. */
const watchful = {
  AGENT_LOOK: '500ms',
  POWER_START_LOOK: '500ms',
  POWER_SYNC_EVERY: '500ms',
  POWER_FAILURE_AFTER: '1s',
  POWER_RECOVER_EVERY: '500ms',
};
/** A conductor that also gives up soon, for machines that will keep it waiting; a slow computer must not make others of them. */
const impatient = { ...watchful, CONDUCTOR_GROUPS: 'impatient', INSPECTION_TIMEOUT: '3s' };

/** Machines with a RAID controller, by the way in which it acts. */
const withRaid: Readonly<Record<number, 'immediate' | 'on-reset'>> = { 30: 'immediate', 31: 'on-reset' };

let site: Site;
let next = 0;
beforeAll(async () => {
  const raid = Array.from({ length: 32 }, (_, index) => withRaid[index] ?? 'none');
  site = await startSite({ hosts: 32, heartbeatInterval: 0.5, fleet: { raid } });
  await Promise.all([site.startConductor(watchful), site.startConductor(impatient)]);
});
afterAll(async () => site.close());

const machineOf = (name: string) => site.fleet.machine(name);
const ledger = (machine: string, event: Parameters<Site['fleet']['world']['ledger']['find']>[0]['event']) =>
  site.fleet.world.ledger.find({ machine, ...(event === undefined ? {} : { event }) });

async function manageable(
  more: Readonly<Record<string, unknown>> = {},
  index = next++,
): Promise<{ uuid: string; name: string }> {
  const uuid = await site.enrol(index, { automated_clean: false, ...more });
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
  return { uuid, name: `node-${index}` };
}

async function available(more: Readonly<Record<string, unknown>> = {}): Promise<{ uuid: string; name: string }> {
  const host = await manageable(more);
  await site.ask(host.uuid, 'provide');
  await site.reaches(host.uuid, 'available');
  return host;
}

async function active(
  more: Readonly<Record<string, unknown>> = {},
  image = 'tiny.raw',
): Promise<{ uuid: string; name: string }> {
  const host = await available(more);
  await site.patch(host.uuid, '/instance_info', await site.image(image));
  await site.ask(host.uuid, 'active');
  await site.reaches(host.uuid, 'active');
  return host;
}

const power = (uuid: string, target: string) => site.rest('PUT', `/v1/nodes/${uuid}/states/power`, { target });
const powerSettles = (uuid: string, state: string) =>
  eventually(async () => {
    const { power_state: actual, target_power_state: target, last_error: error } = await site.node(uuid);
    expect({ actual, target, error }).toEqual({ actual: state, target: null, error: null });
    return true;
  });

test('inspection writes properties, ports with their switches, and the inventory', async () => {
  const { uuid, name } = await manageable();
  await site.ask(uuid, 'inspect');
  await eventually(() => ledger(name, 'inspection-posted').length > 0);
  const { properties } = await site.reaches(uuid, 'manageable');
  expect(properties['cpu_arch']).toBe('x86_64');
  const { ports } = (await site.rest('GET', `/v1/ports?node=${uuid}`)) as {
    ports: { address: string; uuid: string }[];
  };
  expect(ports.map(({ address }) => address).toSorted()).toEqual([...machineOf(name).identity.macs].toSorted());
  const cabled = ports.find(({ address }) => address === machineOf(name).identity.macs[0]);
  expect(await site.rest('GET', `/v1/ports/${cabled?.uuid ?? ''}`)).toMatchObject({
    local_link_connection: { switch_info: 'leaf-1-1', port_id: expect.stringMatching(/^Ethernet1\/\d+$/) },
  });
  const { inventory, plugin_data: plugin } = (await site.rest('GET', `/v1/nodes/${uuid}/inventory`)) as Record<
    string,
    Record<string, unknown>
  >;
  expect(inventory?.['cpu']).toMatchObject({ architecture: 'x86_64' });
  expect(plugin?.['logs']).toBeUndefined();
  expect(plugin?.['parsed_lldp']).toMatchObject({ enp1s0: { switch_system_name: 'leaf-1-1' } });
});

test('inspection rules of operators change what an inspection leaves, and may end it', async () => {
  const rule = (await site.rest('POST', '/v1/inspection_rules', {
    description: 'by architecture',
    conditions: [{ op: 'eq', args: ['{inventory[cpu][architecture]}', 'x86_64'] }],
    actions: [
      { op: 'set-attribute', args: { path: '/extra/cpus', value: '{inventory[cpu][count]}' } },
      { op: 'add-trait', args: { name: 'CUSTOM_X86' } },
    ],
  })) as { readonly uuid: string };
  const { uuid } = await manageable();
  await site.ask(uuid, 'inspect');
  const node = await site.reaches(uuid, 'manageable');
  expect(node).toMatchObject({ extra: { cpus: expect.any(Number) }, traits: ['CUSTOM_X86'], last_error: null });

  const actions = [{ op: 'fail', args: { msg: 'not in this rack' } }];
  await site.rest('PATCH', `/v1/inspection_rules/${rule.uuid}`, [{ op: 'replace', path: '/actions', value: actions }]);
  await site.ask(uuid, 'inspect');
  expect(await site.reaches(uuid, 'inspect failed')).toMatchObject({
    last_error: expect.stringContaining('(by architecture): not in this rack'),
  });
  await site.rest('DELETE', `/v1/inspection_rules/${rule.uuid}`);
});

test('an inspection whose agent reports an error fails with its words, and passes when the error is gone', async () => {
  const { uuid, name } = await manageable();
  site.fleet.world.faults.add({ id: 'sick', kind: 'agent.inspection-error', machine: name, message: 'no disks found' });
  await site.ask(uuid, 'inspect');
  expect((await site.reaches(uuid, 'inspect failed')).last_error).toMatch(/no disks found/);
  site.fleet.world.faults.clear('sick');
  await site.ask(uuid, 'inspect');
  await site.reaches(uuid, 'manageable');
});

test('an inspection nobody reports for times out with what was awaited', async () => {
  const { uuid, name } = await manageable({ conductor_group: 'impatient' });
  site.fleet.world.faults.add({ id: 'mute', kind: 'agent.never-starts', machine: name });
  await site.ask(uuid, 'inspect');
  expect((await site.reaches(uuid, 'inspect failed')).last_error).toMatch(
    /timeout reached while inspecting the node: awaited the inspection data of the agent for 3 seconds/,
  );
  site.fleet.world.faults.clear('mute');
});

test('an inspection is aborted: the error says so, and the target stays manageable', async () => {
  const { uuid, name } = await manageable();
  site.fleet.world.faults.add({ id: 'mute2', kind: 'agent.never-starts', machine: name });
  await site.ask(uuid, 'inspect');
  await site.reaches(uuid, 'inspect wait');
  await site.ask(uuid, 'abort');
  const node = await site.reaches(uuid, 'inspect failed');
  expect(node).toMatchObject({ last_error: expect.stringContaining('aborted'), target_provision_state: 'manageable' });
  expect(machineOf(name).power).toBe('Off');
  site.fleet.world.faults.clear('mute2');
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
});

test('manual cleaning runs the steps that were asked for, in order, and ends manageable', async () => {
  const { uuid, name } = await manageable();
  const steps = [
    { interface: 'deploy', step: 'erase_devices_metadata' },
    { interface: 'deploy', step: 'burnin_cpu' },
  ];
  await site.ask(uuid, 'clean', { clean_steps: steps });
  await site.reaches(uuid, 'manageable');
  expect(ledger(name, 'command-started').map(({ detail }) => detail['command'])).toEqual([
    'get_clean_steps',
    'execute_clean_step erase_devices_metadata',
    'execute_clean_step burnin_cpu',
  ]);
});

test('a clean step that nobody knows fails cleaning, and a failed step puts the node into maintenance', async () => {
  const { uuid, name } = await manageable();
  await site.ask(uuid, 'clean', { clean_steps: [{ interface: 'deploy', step: 'polish' }] });
  expect((await site.reaches(uuid, 'clean failed')).last_error).toMatch(/does not support this clean step: .*polish/);
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
  site.fleet.world.faults.add({
    kind: 'agent.step-fails',
    machine: name,
    command: 'burnin_cpu',
    message: 'too hot',
    times: 1,
  });
  await site.ask(uuid, 'clean', { clean_steps: [{ interface: 'deploy', step: 'burnin_cpu' }] });
  expect(await site.reaches(uuid, 'clean failed')).toMatchObject({
    maintenance: true,
    fault: 'clean failure',
    last_error: expect.stringMatching(/too hot/),
  });
});

test.each(Object.entries(withRaid).map(([index, mode]) => ({ mode, index: Number(index) })))(
  'volumes are made and deleted by a RAID controller that acts $mode, and the image goes to the root volume',
  async ({ mode, index }) => {
    const { uuid, name } = await manageable({}, index);
    // The looks at a node's power are so frequent here that they get in the way of what is asked for.
    const patiently = (call: () => Promise<unknown>) => eventually(() => call().then(() => true));
    const ask = (...asked: Parameters<typeof site.ask>) => patiently(() => site.ask(...asked));
    const clean = async (...steps: readonly string[]) => {
      await ask(uuid, 'clean', { clean_steps: steps.map((step) => ({ interface: 'raid', step })) });
      return site.reaches(uuid, 'manageable');
    };
    const root = { size_gb: 100, raid_level: '1', volume_name: 'root', is_root_volume: true, disk_type: 'ssd' };
    const data = { size_gb: 'MAX', raid_level: '5', disk_type: 'hdd' };
    await patiently(() => site.rest('PUT', `/v1/nodes/${uuid}/states/raid`, { logical_disks: [root, data] }));
    const made = await clean('delete_configuration', 'create_configuration');
    const volumes = machineOf(name).raid?.volumes ?? [];
    expect(volumes).toMatchObject([
      { name: 'root', raidType: 'RAID1', bytes: 100 * 1024 ** 3, drives: [0, 1] },
      { raidType: 'RAID5', drives: [4, 5, 6, 7] },
    ]);
    const hint = { wwn: volumes[0]?.wwn };
    expect(made).toMatchObject({
      last_error: null,
      properties: { root_device: hint, local_gb: 100 },
      raid_config: {
        logical_disks: [
          { id: '1', name: 'root', controller: '2', size_gb: 100, raid_level: '1', root_device_hint: hint },
          { id: '2', controller: '2', raid_level: '5' },
        ],
        last_updated: expect.any(String),
      },
    });
    const starts = ledger(name, 'power').filter(({ detail }) => detail['to'] === 'On').length;
    // One for the agent; and one for each volume where the controller needs a self test.
    expect(starts).toBeGreaterThanOrEqual(mode === 'immediate' ? 1 : 3);

    await ask(uuid, 'provide');
    await site.reaches(uuid, 'available');
    const image = await site.image();
    await patiently(() => site.patch(uuid, '/instance_info', image));
    await ask(uuid, 'active');
    await site.reaches(uuid, 'active');
    expect(machineOf(name).bootDisk).toBe(volumes[0]?.serial);
    await ask(uuid, 'deleted');
    await site.reaches(uuid, 'available');
    await ask(uuid, 'manage');
    await site.reaches(uuid, 'manageable');

    const tooMany = { logical_disks: [{ ...root, number_of_physical_disks: 2, size_gb: 5000 }] };
    await patiently(() => site.rest('PUT', `/v1/nodes/${uuid}/states/raid`, tooMany));
    const steps = [{ interface: 'raid', step: 'create_configuration', args: { delete_existing: true } }];
    await ask(uuid, 'clean', { clean_steps: steps });
    const failed = await site.reaches(uuid, 'clean failed');
    expect(failed.last_error).toMatch(/Found no drives for logical disk 1 \("root"\) .*4 sas ssd of 894 GiB, 4 unused/);
    expect(machineOf(name).raid?.volumes).toHaveLength(2);
    await site.rest('DELETE', `/v1/nodes/${uuid}/maintenance`);
    await ask(uuid, 'manage');
    await site.reaches(uuid, 'manageable');

    const emptied = await clean('delete_configuration');
    expect(emptied).toMatchObject({ last_error: null, raid_config: { logical_disks: [] } });
    expect(emptied.properties['root_device']).toBeUndefined();
    expect(machineOf(name).raid?.volumes).toEqual([]);
  },
);

test('a qcow2 image is passed through for the agent to convert', async () => {
  const { name } = await active({}, 'tiny.qcow2');
  expect(machineOf(name).disk?.image).toMatchObject({ format: 'qcow2' });
});

test('a custom deploy step runs in the place of writing an image', async () => {
  const { uuid, name } = await available({ deploy_interface: 'custom-agent' });
  await site.ask(uuid, 'active', {
    deploy_steps: [{ interface: 'deploy', step: 'erase_devices_metadata', priority: 80, args: {} }],
  });
  await site.reaches(uuid, 'active');
  expect(ledger(name, 'image-write-started')).toHaveLength(0);
  expect(ledger(name, 'command-started').map(({ detail }) => detail['command'])).toContain(
    'execute_deploy_step erase_devices_metadata',
  );
});

test('a live ISO is booted from the medium, with its config drive in the second drive, and nothing is written', async () => {
  const { uuid, name } = await available({ deploy_interface: 'ramdisk' });
  await site.patch(uuid, '/instance_info', { boot_iso: `${site.fleet.urls.files}/images/tiny.raw` });
  await site.ask(uuid, 'active', { configdrive: { user_data: '#!/bin/sh' } });
  await site.reaches(uuid, 'active');
  const { media } = machineOf(name);
  expect(media['Cd']).toMatchObject({ url: `${site.fleet.urls.files}/images/tiny.raw` });
  expect(ledger(name, 'image-write-started')).toHaveLength(0);
  const capability = (await site.store.bootEntries.find(uuid))?.capability ?? 'none';
  expect(media['Floppy']?.url).toMatch(new RegExp(`/boot/${capability}/config-drive.img$`));

  await site.ask(uuid, 'deleted');
  await site.reaches(uuid, 'available');
  expect(ledger(name, 'media-ejected').map(({ detail }) => detail['slot'])).toContain('Floppy');
  expect(machineOf(name).media['Floppy']).toBeUndefined();
});

test('a rebuild writes the image again', async () => {
  const { uuid, name } = await active();
  await site.ask(uuid, 'rebuild');
  await site.reaches(uuid, 'active');
  expect(ledger(name, 'image-write-started')).toHaveLength(2);
});

test('an undeployment cuts a deployment off that waits for its agent', async () => {
  const { uuid, name } = await available();
  site.fleet.world.faults.add({ id: 'hang', kind: 'agent.hangs', machine: name, command: 'write_image' });
  await site.patch(uuid, '/instance_info', await site.image());
  await site.ask(uuid, 'active');
  // It also waits for the agent's first call, and then goes on by itself.
  const commands = () => ledger(name, 'command-started').map(({ detail }) => String(detail['command']));
  await eventually(() => commands().some((command) => command.includes('write_image')));
  await site.reaches(uuid, 'wait call-back');
  site.fleet.world.faults.clear('hang');
  await site.ask(uuid, 'deleted');
  await site.reaches(uuid, 'available');
  expect(machineOf(name).disk?.complete).not.toBe(true);
});

test('adoption looks at the machine and changes nothing about it', async () => {
  const { uuid, name } = await manageable();
  const before = ledger(name, undefined).length;
  await site.patch(uuid, '/instance_info', await site.image());
  await site.ask(uuid, 'adopt');
  await site.reaches(uuid, 'active');
  expect(ledger(name, undefined)).toHaveLength(before);
});

test('a deployed machine is serviced by its agent and runs its system again', async () => {
  const { uuid, name } = await active();
  const steps = [{ interface: 'deploy', step: 'burnin_cpu' }];
  await site.ask(uuid, 'service', { service_steps: steps });
  expect(await site.reaches(uuid, 'active')).toMatchObject({
    last_error: null,
    power_state: 'power on',
    service_step: {},
  });
  expect(ledger(name, 'command-started').map(({ detail }) => detail['command'])).toContain(
    'execute_service_step burnin_cpu',
  );
  expect(ledger(name, 'image-write-started')).toHaveLength(1);
  await eventually(() => machineOf(name).running.kind === 'os');
});

test('a rescue boots the ramdisk and hands over the password as a hash; an unrescue boots the system again', async () => {
  const { uuid, name } = await active({ rescue_interface: 'agent' });
  await site.ask(uuid, 'rescue', { rescue_password: 'let-me-in' });
  await site.reaches(uuid, 'rescue');
  expect(machineOf(name).running.kind).toBe('agent');
  expect(JSON.stringify(await site.node(uuid))).not.toContain('let-me-in');
  await site.ask(uuid, 'unrescue');
  expect(await site.reaches(uuid, 'active')).toMatchObject({ last_error: null, power_state: 'power on' });
  await eventually(() => machineOf(name).running.kind === 'os');
});

test('cleaning holds where it was told to, until it is told to go on', async () => {
  const { uuid } = await manageable();
  await site.ask(uuid, 'clean', {
    clean_steps: [
      { interface: 'power', step: 'hold' },
      { interface: 'power', step: 'power_off' },
    ],
  });
  await site.reaches(uuid, 'clean hold');
  await site.ask(uuid, 'unhold');
  expect(await site.reaches(uuid, 'manageable')).toMatchObject({ last_error: null, power_state: 'power off' });
});

test('power is switched on, off, and on again, the gentle way where it was asked for', async () => {
  const { uuid, name } = await active();
  await power(uuid, 'rebooting');
  await powerSettles(uuid, 'power on');
  await power(uuid, 'soft power off');
  await powerSettles(uuid, 'power off');
  await power(uuid, 'power on');
  await powerSettles(uuid, 'power on');
  expect(ledger(name, 'power').map(({ detail }) => detail['reset'])).toEqual(
    expect.arrayContaining(['ForceOff', 'GracefulShutdown', 'On']),
  );
});

test('a soft power off that the system ignores fails within its time, and says so', async () => {
  const { uuid, name } = await active();
  site.fleet.world.faults.add({ id: 'deaf', kind: 'bmc.power-ignored', machine: name });
  await site.rest('PUT', `/v1/nodes/${uuid}/states/power`, { target: 'soft power off', timeout: 1 });
  await eventually(async () => {
    const node = await site.node(uuid);
    expect(node).toMatchObject({ target_power_state: null, power_state: 'power on' });
    expect(node.last_error).toMatch(/Failed to change power state to 'soft power off'.*Timed out after 1 secs/);
    return true;
  });
  site.fleet.world.faults.clear('deaf');
});

test('a machine that somebody switched off is noticed', async () => {
  const { uuid, name } = await active();
  await fetch(`${site.fleet.urls.control}/machines/${name}/power`, {
    method: 'POST',
    body: JSON.stringify({ reset: 'ForceOff' }),
  });
  await powerSettles(uuid, 'power off');
});

test('a BMC that stays away puts the node into maintenance with a fault, and back when it returns', async () => {
  const { uuid, name } = await active();
  site.fleet.world.faults.add({ id: 'away', kind: 'bmc.status', machine: name, status: 500 });
  await eventually(
    async () => {
      expect(await site.node(uuid)).toMatchObject({ maintenance: true, fault: 'power failure', power_state: null });
      return true;
    },
    { timeoutMs: 60_000 },
  );
  site.fleet.world.faults.clear('away');
  await eventually(async () => {
    expect(await site.node(uuid)).toMatchObject({
      maintenance: false,
      fault: null,
      power_state: 'power on',
      last_error: null,
    });
    return true;
  });
});

test('a medium that a person attaches and detaches is in the drive, and then is not', async () => {
  const { uuid, name } = await active();
  const image = `${site.fleet.urls.files}/images/tiny.raw`;
  await site.rest('POST', `/v1/nodes/${uuid}/vmedia`, { device_type: 'cdrom', image_url: image });
  await eventually(() => machineOf(name).media['Cd']?.url === image);
  expect(JSON.stringify(await site.rest('GET', `/v1/nodes/${uuid}/vmedia`))).toContain(image);
  await site.rest('DELETE', `/v1/nodes/${uuid}/vmedia`);
  await eventually(() => machineOf(name).media['Cd'] === undefined);
});

test('the boot device is read and set through the conductor', async () => {
  const { uuid } = await manageable();
  await site.rest('PUT', `/v1/nodes/${uuid}/management/boot_device`, { boot_device: 'pxe', persistent: true });
  expect(await site.rest('GET', `/v1/nodes/${uuid}/management/boot_device`)).toEqual({
    boot_device: 'pxe',
    persistent: true,
  });
});

test('BIOS settings are sent, take effect by a restart, and are compared before the step counts as done', async () => {
  const { uuid, name } = await manageable();
  const settings = [{ name: 'ProcVirtualization', value: 'Disabled' }];
  await site.ask(uuid, 'clean', {
    clean_steps: [{ interface: 'bios', step: 'apply_configuration', args: { settings } }],
  });
  await site.reaches(uuid, 'manageable');
  expect(machineOf(name).bios).toMatchObject({ ProcVirtualization: 'Disabled' });
  expect(machineOf(name).power).toBe('Off');
});
