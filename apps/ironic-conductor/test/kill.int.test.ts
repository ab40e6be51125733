import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { killEverywhere, repeatable, type Verb, withIntent } from './killing.ts';
import { type Site, startSite } from './site.ts';

/** Every commit and every outbound call of a deployment and of cleaning without fast track. */
const boot = ['set-power-off', 'insert-media', 'set-power-on'];
const deployPoints = [
  ...withIntent('deploy', [...boot, 'give-step-write_image', 'give-command-install_bootloader', 'eject-media']),
  ...repeatable('deploy', [
    'prepare-boot',
    'set-boot-device-cdrom',
    'ask-steps',
    'look-at-command',
    'set-boot-device-disk',
  ]),
  // The machine is switched off and on a second time at the end.
  'deploy.set-power-off.intended#2',
  'deploy.set-power-off.performed#2',
  'deploy.set-power-on.intended#2',
  'deploy.set-power-on.performed#2',
  'deploy.released',
  'deploy.released#2',
  'deploy.ended',
];
const cleanPoints = [
  ...withIntent('clean', [...boot, 'give-step-erase_devices_metadata']),
  ...repeatable('clean', ['prepare-boot', 'set-boot-device-cdrom', 'ask-steps', 'look-at-command']),
  'clean.released',
  'clean.ended',
];

/** The same of steps that the BMC carries out: settings of the BIOS, and firmware. */
const bmcPoints = [
  ...withIntent('clean', ['run-step-apply_configuration', 'run-step-update']),
  ...repeatable('clean', ['look-at-update', 'read-firmware']),
];
const bmcSteps = (url: string) => [
  {
    interface: 'bios',
    step: 'apply_configuration',
    args: { settings: [{ name: 'SysProfile', value: 'Performance' }] },
  },
  { interface: 'firmware', step: 'update', args: { settings: [{ component: 'bmc', url }] } },
];

const provide: Verb = { target: 'provide' };
const updated = (url: string): Verb => ({ target: 'clean', more: { clean_steps: bmcSteps(url) } });

let site: Site;
let outcomes: ReadonlyMap<string, unknown>;
const deployments = deployPoints.map((name, index) => ({ name, index }));
const cleanings = cleanPoints.map((name, index) => ({ name, index: deployPoints.length + index }));
const updates = bmcPoints.map((name, index) => ({ name, index: deployPoints.length + cleanPoints.length + index }));

beforeAll(async () => {
  const hosts = deployments.length + cleanings.length + updates.length;
  site = await startSite({ hosts, heartbeatInterval: 0.5 });
  // A write that takes longer than some looks at it, so that the node is let go meanwhile; one of no time may be over at the first look.
  site.fleet.world.faults.add({ kind: 'image.slow', path: '/images/tiny\\.raw$', method: 'GET', delay: 1.5 });
  const uncleaned = { automated_clean: false };
  const deploys = [{ ...provide, then: 'available' }, { target: 'active' }];
  const cleans = { until: 'available', verbs: [provide], node: { automated_clean: true } };
  const update = updated(`${site.fleet.urls.files}/images/tiny.raw`);
  outcomes = await killEverywhere(site, [
    ...deployments.map((point) => ({ ...point, until: 'active', verbs: deploys, node: uncleaned })),
    ...cleanings.map((point) => ({ ...point, ...cleans })),
    ...updates.map((point) => ({ ...point, until: 'manageable', verbs: [update], node: uncleaned })),
  ]);
}, 540_000);
afterAll(async () => site.close());

const events = (machine: string, event: 'image-write-started' | 'disk-erased' | 'firmware-updated') =>
  site.fleet.world.ledger.find({ machine, event });

test.each(deployments)(
  'a conductor killed at $name leaves a deployment that is finished with exactly one write',
  async ({ name, index }) => {
    expect(outcomes.get(name)).toMatchObject({ provision_state: 'active' });
    expect(events(`node-${index}`, 'image-write-started')).toHaveLength(1);
    await eventually(() => site.fleet.machine(`node-${index}`).running.kind === 'os');
  },
);

test.each(cleanings)(
  'a conductor killed at $name leaves a cleaning that is finished, and its step ran once',
  ({ name, index }) => {
    expect(outcomes.get(name)).toMatchObject({ provision_state: 'available' });
    expect(events(`node-${index}`, 'disk-erased')).toHaveLength(1);
  },
);

test.each(updates)(
  'a conductor killed at $name leaves settings and firmware as they were asked for',
  ({ name, index }) => {
    expect(outcomes.get(name)).toMatchObject({ provision_state: 'manageable', last_error: null });
    expect(site.fleet.machine(`node-${index}`).bios).toMatchObject({ SysProfile: 'Performance' });
    // A BMC does not say which update it was asked for: one whose request may have got lost is asked for again.
    const unsure = ['clean.run-step-update.intended', 'clean.run-step-update.performed'].includes(name);
    expect([1, unsure ? 2 : 1]).toContain(events(`node-${index}`, 'firmware-updated').length);
  },
);
