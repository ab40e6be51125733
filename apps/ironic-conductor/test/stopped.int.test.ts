import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Site, startSite } from './site.ts';

/** Leases are short, so that a stopped conductor loses them while the test waits. */
const hurried = { CONDUCTOR_LEASE: '2s', AGENT_LOOK: '500ms', POWER_START_LOOK: '1s' };
const leases = 3;

let site: Site;
beforeAll(async () => {
  // A simulated second lasts a fiftieth of a real one: commands take long enough to be interrupted.
  site = await startSite({ hosts: 6, timeScale: 0.02, heartbeatInterval: 0.5 });
});
afterAll(async () => site.close());

test('a conductor that is stopped for three leases and then goes on does no harm: each machine is written once', async () => {
  const [first, second] = [await site.startConductor(hurried), await site.startConductor(hurried)];
  const uuids = await Promise.all([0, 1, 2, 3, 4, 5].map(async (index) => site.enrol(index)));
  await each(uuids, 'manage', 'manageable');
  await each(uuids, 'provide', 'available');
  const image = await site.image();
  await Promise.all(uuids.map(async (uuid) => site.patch(uuid, '/instance_info', image)));
  await Promise.all(uuids.map(async (uuid) => site.ask(uuid, 'active')));

  for (const conductor of [first, second]) {
    conductor.kill('SIGSTOP');
    await new Promise((resume) => setTimeout(resume, leases * 2_000));
    conductor.kill('SIGCONT');
  }
  await Promise.all(uuids.map(async (uuid) => site.reaches(uuid, 'active', 60_000)));
  const written = site.fleet.world.ledger.find({ event: 'image-write-started' }).map(({ machine }) => machine);
  expect(written.toSorted()).toEqual([0, 1, 2, 3, 4, 5].map((index) => `node-${index}`));
});

async function each(uuids: readonly string[], verb: string, state: string): Promise<void> {
  await Promise.all(uuids.map(async (uuid) => site.ask(uuid, verb)));
  await Promise.all(uuids.map(async (uuid) => site.reaches(uuid, state, 60_000)));
}
