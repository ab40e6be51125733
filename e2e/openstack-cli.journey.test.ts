import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { startIronicPair, type IronicPair } from './ironic-pair.ts';
import { baremetalCli, openstackProgram, type BaremetalCli } from './openstack-cli.ts';

interface ShownNode {
  readonly uuid: string;
  readonly provision_state: string;
  readonly target_provision_state: string | null;
  readonly power_state: string | null;
  readonly last_error: string | null;
  readonly maintenance: boolean;
  readonly instance_info: Readonly<Record<string, unknown>>;
}

let ironic: IronicPair;
let baremetal: BaremetalCli;

beforeAll(async () => {
  const [program, pair] = await Promise.all([openstackProgram(), startIronicPair()]);
  ironic = pair;
  baremetal = baremetalCli(program, pair.endpoint);
}, 360_000);
afterAll(() => ironic.stop());

const show = (): Promise<ShownNode> => baremetal.json<ShownNode>('node', 'show', 'journey');
/** The client's own --wait sleeps for up to ten seconds between two looks; this looks at once. */
const reach = (state: string): Promise<boolean> =>
  eventually(
    async () => {
      const reply = await fetch(`${ironic.endpoint}/v1/nodes/journey/states`, {
        headers: { 'X-OpenStack-Ironic-API-Version': '1.89' },
      });
      const { provision_state } = (await reply.json()) as ShownNode;
      if (provision_state !== state) throw new Error(`the node is ${provision_state}, not yet ${state}`);
      return true;
    },
    { timeoutMs: 120_000, everyMs: 100 },
  );
const expectState = async (state: string): Promise<ShownNode> => {
  const node = await show();
  expect(node).toMatchObject({ provision_state: state, target_provision_state: null, last_error: null });
  return node;
};

// One node's life, told in order: each test begins where the one before it ended.

test('create: a node is enrolled with a port', async () => {
  await baremetal('node', 'create', '--driver', 'fake-hardware', '--name', 'journey', '--property', 'cpus=4');
  const { uuid } = await expectState('enroll');
  await baremetal('port', 'create', '--node', uuid, '52:54:00:12:34:56');
  const [port] = await baremetal.json<ReadonlyArray<{ readonly address: string }>>('port', 'list', '--node', uuid);
  expect(port).toMatchObject({ address: '52:54:00:12:34:56' });
});

test('manage: its credentials are verified', async () => {
  await baremetal('node', 'manage', 'journey', '--wait', '60');
  await expectState('manageable');
});

test('inspect: it is inspected', async () => {
  await baremetal('node', 'inspect', 'journey');
  await reach('manageable');
  await expectState('manageable');
});

test('clean: the steps a person names are run', async () => {
  const steps = JSON.stringify([{ interface: 'deploy', step: 'erase_devices_metadata' }]);
  await baremetal('node', 'clean', 'journey', '--clean-steps', steps);
  await reach('manageable');
  await expectState('manageable');
});

test('provide: it is cleaned and becomes available', async () => {
  await baremetal('node', 'provide', 'journey');
  await reach('available');
  await expectState('available');
});

test('deploy: an image and a config drive make it active, and the config drive stays hidden', async () => {
  await baremetal(
    ...['node', 'set', 'journey', '--instance-info', 'image_source=http://127.0.0.1/image.raw'],
    ...['--instance-info', `image_checksum=${'0'.repeat(64)}`],
  );
  const parts = JSON.stringify({ meta_data: { hostname: 'journey' }, user_data: '#cloud-config' });
  await baremetal('node', 'deploy', 'journey', '--config-drive', parts);
  await reach('active');
  const node = await expectState('active');
  expect(node.instance_info).toMatchObject({ configdrive: '******' });
});

test('power, maintenance, traits and boot device answer while it is active', async () => {
  await baremetal('node', 'boot', 'device', 'set', 'journey', 'pxe');
  expect(await baremetal.json('node', 'boot', 'device', 'show', 'journey')).toMatchObject({ boot_device: 'pxe' });
  await baremetal('node', 'add', 'trait', 'journey', 'CUSTOM_JOURNEY');
  expect(await baremetal('node', 'trait', 'list', 'journey', '-f', 'value')).toContain('CUSTOM_JOURNEY');
  await baremetal('node', 'maintenance', 'set', 'journey', '--reason', 'a look inside');
  expect(await show()).toMatchObject({ maintenance: true });
  await baremetal('node', 'maintenance', 'unset', 'journey');
  await baremetal('node', 'power', 'off', 'journey', '--power-timeout', '30');
});

test("a verb that the state does not allow is refused in Ironic's words", async () => {
  await expect(baremetal('node', 'adopt', 'journey')).rejects.toThrow(/"adopt" can not be performed .* state "active"/);
});

test('undeploy: it is torn down, cleaned and available again', async () => {
  await baremetal('node', 'undeploy', 'journey');
  await reach('available');
  const node = await expectState('available');
  expect(node.instance_info).toEqual({});
});

test('delete: nothing of it is left', async () => {
  await baremetal('node', 'delete', 'journey');
  expect(await baremetal.json('node', 'list')).toEqual([]);
  expect(await baremetal.json('port', 'list')).toEqual([]);
});
