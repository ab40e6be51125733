import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { killEverywhere, type Verb } from './killing.ts';
import { type Site, startSite } from './site.ts';

/**
 * What is done with deployed machines. The way into the ramdisk is the same as for deployments and cleaning, and killed there
 * (`kill.int.test.ts`); what follows in it, and the way back to the system, is not.
 */
const servicePoints = [
  'service.give-step-burnin_cpu.intended',
  'service.give-step-burnin_cpu.performed',
  'service.set-power-on.performed#2',
  'service.ended',
];
const rescuePoints = ['rescue.finalize-rescue.intended', 'rescue.finalize-rescue.performed', 'rescue.ended'];
const unrescuePoints = ['unrescue.set-power-on.performed'];

const deployed: readonly Verb[] = [
  { target: 'provide', then: 'available' },
  { target: 'active', then: 'active' },
];
const service: Verb = { target: 'service', more: { service_steps: [{ interface: 'deploy', step: 'burnin_cpu' }] } };
const rescue: Verb = { target: 'rescue', more: { rescue_password: 'let-me-in' } };
const points = [
  ...servicePoints.map((name) => ({ name, until: 'active', verbs: [...deployed, service] })),
  ...rescuePoints.map((name) => ({ name, until: 'rescue', verbs: [...deployed, rescue] })),
  ...unrescuePoints.map((name) => ({
    name,
    until: 'active',
    verbs: [...deployed, { ...rescue, then: 'rescue' }, { target: 'unrescue' }],
  })),
].map((point, index) => ({ ...point, index, node: { automated_clean: false, rescue_interface: 'agent' } }));

let site: Site;
let outcomes: ReadonlyMap<string, unknown>;
beforeAll(async () => {
  site = await startSite({ hosts: points.length, heartbeatInterval: 0.5 });
  outcomes = await killEverywhere(site, points);
}, 540_000);
afterAll(async () => site.close());

test.each(points)(
  'a conductor killed at $name leaves a machine that was written once and ends in $until',
  async ({ name, index, until }) => {
    expect(outcomes.get(name)).toMatchObject({ provision_state: until, last_error: null, service_step: {} });
    const machine = `node-${index}`;
    const ledger = (event: 'image-write-started' | 'command-started') =>
      site.fleet.world.ledger.find({ machine, event });
    expect(ledger('image-write-started')).toHaveLength(1);
    if (name.startsWith('service.')) {
      const burnins = ledger('command-started').filter(
        ({ detail }) => detail['command'] === 'execute_service_step burnin_cpu',
      );
      expect(burnins).toHaveLength(1);
    }
    const system = until === 'rescue' ? 'agent' : 'os';
    await eventually(() => site.fleet.machine(machine).running.kind === system);
  },
);
