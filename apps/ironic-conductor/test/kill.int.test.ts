import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { effectMoments } from '../src/work/fail-points.ts';
import { type Site, startSite, stopped } from './site.ts';

/** Every commit and every outbound call of a deployment and of cleaning without fast track. */
const withIntent = (work: string, effects: readonly string[]) =>
  effects.flatMap((effect) => effectMoments.map((moment) => `${work}.${effect}.${moment}`));
const repeatable = (work: string, effects: readonly string[]) => effects.map((effect) => `${work}.${effect}.performed`);

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

/** Short leases, so that a dead conductor's work is taken over within a second or two. */
const hurried = { CONDUCTOR_LEASE: '2s', AGENT_LOOK: '500ms', POWER_START_LOOK: '1s', AGENT_FAST_TRACK: 'false' };

let site: Site;
let next = 0;
beforeAll(async () => {
  site = await startSite({ hosts: deployPoints.length + cleanPoints.length, heartbeatInterval: 0.5 });
});
afterAll(async () => site.close());

/** Enrols a machine, runs `verb` with a conductor that dies at `point`, and lets another one finish. */
async function killedAt(point: string, until: string, verbs: readonly string[]): Promise<string> {
  const index = next;
  next += 1;
  const doomed = await site.startConductor({ ...hurried, METAL3_TEST_FAIL_POINTS: '1', FAIL_POINT: point });
  try {
    const uuid = await site.enrol(index, { automated_clean: point.startsWith('clean') });
    await site.ask(uuid, 'manage');
    await site.reaches(uuid, 'manageable');
    await site.patch(uuid, '/instance_info', await site.image());
    for (const [at, verb] of verbs.entries()) {
      await site.ask(uuid, verb);
      if (at < verbs.length - 1) await site.reaches(uuid, 'available');
    }
    await eventually(() => (doomed.signalCode === 'SIGKILL' ? true : undefined), { timeoutMs: 10_000 });
    const heir = await site.startConductor(hurried);
    try {
      await site.reaches(uuid, until, 30_000);
    } finally {
      await stopped(heir);
    }
  } finally {
    await stopped(doomed);
  }
  return `node-${index}`;
}

const events = (machine: string, event: 'image-write-started' | 'disk-erased' | 'media-inserted') =>
  site.fleet.world.ledger.find({ machine, event });

test.each(deployPoints)(
  'a conductor killed at %s leaves a deployment that is finished with exactly one write',
  async (point) => {
    const machine = await killedAt(point, 'active', ['provide', 'active']);
    expect(events(machine, 'image-write-started')).toHaveLength(1);
    expect(site.fleet.machine(machine).running.kind).toBe('os');
  },
);

test.each(cleanPoints)(
  'a conductor killed at %s leaves a cleaning that is finished, and its step ran once',
  async (point) => {
    const machine = await killedAt(point, 'available', ['provide']);
    expect(events(machine, 'disk-erased')).toHaveLength(1);
  },
);
