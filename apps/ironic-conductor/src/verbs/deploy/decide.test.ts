import { expect, test } from '@jest/globals';
import type { Journal } from '../../work/journal.ts';
import { gist, now, runningAgent, seen, someNode } from '../seen-for-tests.ts';
import { decideDeploy } from './decide.ts';
import { planDeployment } from './plan.ts';

const offered = {
  commandId: 'c',
  hardwareManagerVersion: {},
  steps: [{ interface: 'deploy', step: 'install_coreos', priority: 0 }],
};
const image = {
  image_source: 'http://images/a.raw',
  image_os_hash_algo: 'sha256',
  image_os_hash_value: 'f'.repeat(64),
};
const direct = planDeployment('direct', [], offered, []);
const list = direct.kind === 'steps' ? direct.list : [];
const ready = { purpose: 'deploy', stage: 'ready', fastTrack: true, startedAt: null } as const;
const at = (finished: number, more: Partial<Journal> = {}): Partial<Journal> => ({
  boot: ready,
  steps: { list, finished, hardwareManagerVersion: {} },
  ...more,
});
const deploying = {
  provisionState: 'deploying',
  instanceInfo: image,
  agent: runningAgent,
  powerState: 'power on',
} as const;
const waiting = { ...deploying, provisionState: 'wait call-back' } as const;
const step = (name: string) => ({ interface: 'deploy', step: name }) as const;

test('direct deployment writes, makes the disk bootable, ends the agent and boots, in this order', () => {
  expect(list.map(({ step: name }) => name)).toEqual([
    'write_image',
    'prepare_instance_boot',
    'tear_down_agent',
    'switch_to_tenant_network',
    'boot_instance',
  ]);
});

test('a custom step takes its place by priority, and one that nobody knows is refused', () => {
  const custom = { interface: 'deploy', step: 'install_coreos', priority: 80, args: {} } as const;
  const plan = planDeployment('custom-agent', [custom], offered, []);
  expect(plan.kind === 'steps' && plan.list[0]).toEqual(custom);
  expect(planDeployment('custom-agent', [{ ...custom, step: 'other' }], offered, [])).toMatchObject({
    kind: 'problem',
  });
});

test.each<[string, Parameters<typeof seen>[0], string]>([
  ['uses an agent that is running', { node: deploying }, 'note'],
  [
    'restarts a machine that must not be switched off, once its agent has written its disks down',
    {
      node: { ...deploying, disablePowerOff: true, deployStep: step('boot_instance') },
      journal: at(4, { power: { state: 'on', asked: null, seenAt: now, looks: 0 } }),
    },
    'effect {"kind":"restart","manner":"agent"}',
  ],
  ['asks it for its steps', { node: deploying, journal: { boot: ready } }, 'effect {"kind":"ask-steps","of":"deploy"}'],
  [
    'gives write_image once',
    { node: deploying, journal: at(0) },
    `effect {"kind":"give-step","of":"deploy","index":0,"step":{"interface":"deploy","step":"write_image","priority":80}}`,
  ],
  [
    'adds a boot entry in UEFI',
    { node: waiting, journal: at(1) },
    'effect {"kind":"give-command","command":"image.install_bootloader"}',
  ],
  [
    'and none in BIOS mode',
    { node: { ...waiting, properties: { capabilities: 'boot_mode:bios' } }, journal: at(1) },
    'note',
  ],
  [
    'takes the medium out',
    { node: { ...deploying, deployStep: step('prepare_instance_boot') }, journal: at(1, { done: ['bootloader'] }) },
    'effect {"kind":"eject-media"}',
  ],
  [
    'enables secure boot where the instance asks for it',
    {
      node: {
        ...deploying,
        instanceInfo: { ...image, capabilities: { secure_boot: 'true' } },
        deployStep: step('prepare_instance_boot'),
      },
      journal: at(1, { done: ['bootloader', 'ejected'] }),
    },
    'effect {"kind":"set-secure-boot","enabled":true}',
  ],
  [
    'boots from disk for good',
    {
      node: { ...deploying, deployStep: step('prepare_instance_boot') },
      journal: at(1, { done: ['bootloader', 'ejected'] }),
    },
    'effect {"kind":"set-boot-device","device":"disk","persistent":true}',
  ],
  [
    'has the agent switch off',
    { node: { ...deploying, deployStep: step('tear_down_agent') }, journal: at(2) },
    'effect {"kind":"set-power","to":"off","manner":"agent","confirm":true}',
  ],
  [
    'switches on and makes sure of it',
    { node: { ...deploying, deployStep: step('boot_instance') }, journal: at(4) },
    'effect {"kind":"set-power","to":"on","manner":"hard","confirm":true}',
  ],
  ['ends when all is done', { node: deploying, journal: at(5) }, 'end with done'],
  [
    'refuses an image without a checksum',
    { node: { ...deploying, instanceInfo: { image_source: 'http://images/a.raw' } } },
    'fail: Failed to validate deploy info: image_source was provided without image_checksum or image_os_hash_algo and image_os_hash_value in instance_info',
  ],
  [
    'refuses an image and an ISO at once',
    { node: { ...deploying, instanceInfo: { ...image, boot_iso: 'http://images/a.iso' } } },
    'fail: Failed to validate deploy info: instance_info has both boot_iso and image_source, which exclude each other: remove one',
  ],
])('deployment %s', (_sentence, known, expected) => {
  expect(gist(decideDeploy(seen({ kind: 'deploy', ...known })))).toBe(expected);
});

test('an agent that fell silent is given up with what was awaited', () => {
  const command = {
    id: 'c',
    name: 'execute_deploy_step',
    givenAt: now - 700_000,
    lookedAt: now - 650_000,
    status: 'running',
    error: null,
  } as const;
  const node = { ...waiting, agent: { ...runningAgent, lastHeartbeat: now - 600_000 } };
  expect(gist(decideDeploy(seen({ kind: 'deploy', node, journal: at(0, { command }) })))).toBe(
    `fail: Timeout reached while waiting for callback for node ${someNode.uuid}: the agent has not been heard of for 600 seconds; ` +
      'awaited the end of deploy step deploy.write_image. ' +
      'The machine was restarted, or has lost its network: its console tells which',
  );
});

test('a failed deployment is switched off before it is told', () => {
  const failure = { error: 'no', event: 'fail', fault: null } as const;
  expect(gist(decideDeploy(seen({ kind: 'deploy', node: waiting, journal: at(0, { failure }) })))).toMatch(
    /set-power.*off/,
  );
  expect(
    gist(decideDeploy(seen({ kind: 'deploy', node: waiting, journal: at(0, { failure, done: ['tidied'] }) }))),
  ).toBe('end with fail');
});

const running = { operation: 'o1', state: 'running', stage: 'converting', percent: 40 } as const;
const local = { ...deploying, instanceInfo: { ...image, image_download_source: 'local' } } as const;

test.each<[string, Parameters<typeof seen>[0], string]>([
  ['is asked for before the machine is touched', { node: local }, 'effect {"kind":"start-image"}'],
  ['does not hold up the boot', { node: local, journal: { image: { image: running, lookedAt: now } } }, 'note'],
  [
    'is waited for before it is written',
    { node: local, journal: at(0, { image: { image: running, lookedAt: now - 500 } }) },
    'wait for the image http://images/a.raw (converting, 40 %)',
  ],
  [
    'is looked at now and then',
    { node: local, journal: at(0, { image: { image: running, lookedAt: now - 2_000 } }) },
    'effect {"kind":"look-at-image"}',
  ],
  [
    'ends the deployment when it cannot be had',
    {
      node: local,
      journal: at(0, { image: { image: { operation: 'o1', state: 'failed', error: 'it is unsafe' }, lookedAt: now } }),
    },
    'fail: The image http://images/a.raw could not be prepared: it is unsafe',
  ],
  [
    'may come from a registry, whose digests are checksum enough',
    { node: { ...local, instanceInfo: { image_source: 'oci://r/os:1', image_download_source: 'local' } } },
    'effect {"kind":"start-image"}',
  ],
])('an image that passes through the image service %s', (_what, known, expected) => {
  expect(gist(decideDeploy(seen({ kind: 'deploy', ...known })))).toBe(expected);
});

test("Metal3's default, the agent fetches by itself, is untouched", () => {
  expect(gist(decideDeploy(seen({ kind: 'deploy', node: deploying })))).toBe('note');
  const oci = { ...deploying, instanceInfo: { image_source: 'oci://r/os:1' } };
  expect(gist(decideDeploy(seen({ kind: 'deploy', node: oci })))).toMatch(/must be an http or https URL/);
});

test.each([
  ['redfish-virtual-media', { stage: 'inserted' }, '{"kind":"set-boot-device","device":"cdrom","persistent":true}'],
  ['redfish-https', { stage: 'prepared' }, '{"kind":"set-http-boot","persistent":true}'],
  ['http-ipxe', { stage: 'prepared' }, '{"kind":"set-http-boot","persistent":true}'],
  ['ipxe', { stage: 'prepared' }, '{"kind":"set-boot-device","device":"pxe","persistent":true}'],
] as const)('with boot interface %s a live ISO is booted at every start', (boot, { stage }, order) => {
  const interfaces = { ...someNode.interfaces, boot, deploy: 'ramdisk' };
  const node = { ...deploying, interfaces, instanceInfo: { boot_iso: 'http://images/a.iso' } };
  const journal = { boot: { purpose: 'ramdisk', stage, fastTrack: false, startedAt: null } } as const;
  expect(gist(decideDeploy(seen({ node, journal })))).toBe(`effect ${order}`);

  // Only a BMC has a second drive for it.
  const withDrive = { ...node, hasConfigDrive: true };
  const first = boot === 'redfish-virtual-media' ? '{"kind":"insert-config-drive"}' : order;
  expect(gist(decideDeploy(seen({ node: withDrive, journal })))).toBe(`effect ${first}`);
  const inserted = { ...journal, done: ['config-drive'] };
  expect(gist(decideDeploy(seen({ node: withDrive, journal: inserted })))).toBe(`effect ${order}`);
});
