import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { seededRandom } from '@metal3/testing';
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
  const everyNode = async (verb: string, state: string): Promise<void> => {
    await Promise.all(uuids.map(async (uuid) => site.ask(uuid, verb)));
    await Promise.all(uuids.map(async (uuid) => site.reaches(uuid, state, 60_000)));
  };
  await everyNode('manage', 'manageable');
  const image = await site.image();
  let written = 0;
  const killing = (async () => {
    for (let kill = 0; kill < kills; kill += 1) {
      await delay(300 + random.fraction() * 2_500);
      await stopped(conductor, 'SIGKILL');
      conductor = await site.startConductor(hurried);
    }
  })();
  await everyNode('inspect', 'manageable');
  await everyNode('provide', 'available');
  await Promise.all(uuids.map(async (uuid) => site.patch(uuid, '/instance_info', image)));
  await everyNode('active', 'active');
  written = site.fleet.world.ledger.find({ event: 'image-write-started' }).length;
  await killing;
  expect(written).toBe(hosts);
  expect([...site.fleet.machines.values()].map(({ running }) => running.kind)).toEqual(uuids.map(() => 'os'));
}, 240_000);
