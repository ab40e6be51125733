import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, seededRandom } from '@metal3/testing';
import { type Site, startSite, stopped } from './site.ts';

const hosts = 6;
const kills = 6;
/** Another run of luck: `RANDOM_KILLS_SEED=7 npx jest random-kills`. */
const seed = Number(process.env['RANDOM_KILLS_SEED'] ?? 1);
const hurried = { CONDUCTOR_LEASE: '2s', AGENT_LOOK: '500ms', POWER_START_LOOK: '1s' };

let site: Site;
beforeAll(async () => {
  site = await startSite({ hosts, timeScale: 0.02, heartbeatInterval: 0.5 });
});
afterAll(async () => site.close());

test(`conductors killed at random instants (seed ${seed}) lose nothing and repeat nothing`, async () => {
  const random = seededRandom(seed);
  let conductor = await site.startConductor(hurried);
  const uuids = await Promise.all(Array.from({ length: hosts }, async (_, index) => site.enrol(index)));
  let killed = 0;
  /** A node has a minute from the last kill on: on a busy machine conductors take longer to start than they then live. */
  const reaches = async (uuid: string, state: string): Promise<void> => {
    const before = killed;
    try {
      await site.reaches(uuid, state, 60_000);
    } catch (error) {
      if (killed === before) throw error;
      await reaches(uuid, state);
    }
  };
  const everyNode = async (verb: string, state: string): Promise<void> => {
    await Promise.all(uuids.map(async (uuid) => site.ask(uuid, verb)));
    await Promise.all(uuids.map(async (uuid) => reaches(uuid, state)));
  };
  await everyNode('manage', 'manageable');
  const image = await site.image();
  let over = false;
  const killing = (async () => {
    for (let kill = 0; kill < kills && !over; kill += 1) {
      await delay(300 + random.fraction() * 2_500);
      await stopped(conductor, 'SIGKILL');
      killed += 1;
      conductor = await site.startConductor(hurried);
    }
  })();
  const living = (async () => {
    await everyNode('inspect', 'manageable');
    await everyNode('provide', 'available');
    await Promise.all(uuids.map(async (uuid) => site.patch(uuid, '/instance_info', image)));
    await everyNode('active', 'active');
  })().catch((error: unknown) => {
    over = true;
    throw error;
  });
  // Both to their end, so that no conductor is started after everything else has gone.
  await Promise.allSettled([living, killing]);
  await Promise.all([living, killing]);
  expect(site.fleet.world.ledger.find({ event: 'image-write-started' })).toHaveLength(hosts);
  await eventually(() => {
    expect([...site.fleet.machines.values()].map(({ running }) => running.kind)).toEqual(uuids.map(() => 'os'));
    return true;
  });
}, 480_000);
