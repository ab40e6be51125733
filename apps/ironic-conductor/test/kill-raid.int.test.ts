import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { killEverywhere, repeatable } from './killing.ts';
import { type Site, startSite } from './site.ts';

/** Between the request to a RAID controller and the note that it was made, and every look at one. */
const points = [
  'clean.run-step-apply_configuration.intended#2',
  'clean.run-step-apply_configuration.performed#2',
  'clean.run-step-delete_configuration.intended',
  'clean.run-step-delete_configuration.performed',
  ...repeatable('clean', ['plan-raid', 'look-at-raid', 'record-raid']),
].map((name, index) => ({ name, index }));

const raid = (step: string, args = {}) => ({ interface: 'raid', step, args });
const mirrored = raid('apply_configuration', { raid_config: { logical_disks: [{ size_gb: 10, raid_level: '1' }] } });
const remade = { target: 'clean', more: { clean_steps: [mirrored, raid('delete_configuration'), mirrored] } };

let site: Site;
let outcomes: ReadonlyMap<string, unknown>;
beforeAll(async () => {
  const controllers = ['immediate', 'on-reset'] as const;
  site = await startSite({ hosts: points.length, heartbeatInterval: 0.5, fleet: { raid: controllers } });
  const cleaning = { until: 'manageable', verbs: [remade], node: { automated_clean: false } };
  outcomes = await killEverywhere(
    site,
    points.map((point) => ({ ...point, ...cleaning })),
  );
}, 540_000);
afterAll(async () => site.close());

test.each(points)(
  'a conductor killed at $name leaves one volume, which was made, deleted and made again once each',
  ({ name, index }) => {
    expect(outcomes.get(name)).toMatchObject({
      provision_state: 'manageable',
      last_error: null,
      raid_config: { logical_disks: [{ raid_level: '1', size_gb: 10 }] },
    });
    const machine = `node-${index}`;
    expect(site.fleet.machine(machine).raid?.volumes).toMatchObject([{ raidType: 'RAID1', drives: [0, 1] }]);
    const count = (event: 'volume-created' | 'volume-deleted') =>
      site.fleet.world.ledger.find({ machine, event }).length;
    expect({ made: count('volume-created'), deleted: count('volume-deleted') }).toEqual({ made: 2, deleted: 1 });
  },
);
