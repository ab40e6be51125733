import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@metal3/testing';
import { type Site, startSite } from './site.ts';

let site: Site;
beforeAll(async () => {
  site = await startSite({ hosts: 3 });
  // Periodic looks would be counted among the requests of a life.
  await site.startConductor({ POWER_SYNC_EVERY: '1h' });
});
afterAll(async () => site.close());

test('a Redfish machine goes from enrolment to a running system and back by virtual media and the agent', async () => {
  const uuid = await site.enrol(0);
  const machine = site.fleet.machine('node-0');
  const marks: Record<string, number> = {};
  const mark = (name: string) => (marks[name] = machine.redfishRequests);

  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
  mark('verified');
  await site.ask(uuid, 'inspect');
  expect((await site.reaches(uuid, 'manageable')).properties).toMatchObject({ cpu_arch: 'x86_64' });
  mark('inspected');
  await site.ask(uuid, 'provide');
  await site.reaches(uuid, 'available');
  mark('available');

  await site.patch(uuid, '/instance_info', await site.image());
  await site.ask(uuid, 'active', { configdrive: { meta_data: { name: 'one' }, user_data: '#cloud-config\n' } });
  await site.reaches(uuid, 'active');
  mark('active');
  await eventually(() => machine.running.kind === 'os');

  await site.ask(uuid, 'deleted');
  expect((await site.reaches(uuid, 'available'))['instance_info']).toEqual({});
  mark('released');
  expect(site.fleet.world.ledger.find({ machine: 'node-0', event: 'image-write-started' })).toHaveLength(1);
  // Requests to the BMC: session, look, BIOS settings with their registry, BMC, chassis with two network adapters; medium and start, versions; none while the agent works; disk
  // and start; medium and start again. How often it is looked whether the machine has halted depends on how long it takes.
  expect(marks['verified']).toBeLessThanOrEqual(10);
  expect(marks['inspected']).toBeLessThanOrEqual(19);
  expect(marks['available']).toBe(marks['inspected']);
  expect(machine.redfishRequests).toBeLessThanOrEqual(39);
});

test('a machine that must not be switched off goes through the same life by restarts alone', async () => {
  const uuid = await site.enrol(2, { disable_power_off: true });
  const machine = site.fleet.machine('node-2');
  await site.ask(uuid, 'manage');
  await site.reaches(uuid, 'manageable');
  await site.ask(uuid, 'inspect');
  await site.reaches(uuid, 'manageable');
  await site.ask(uuid, 'provide');
  await site.reaches(uuid, 'available');
  await site.patch(uuid, '/instance_info', await site.image());
  await site.ask(uuid, 'active');
  await site.reaches(uuid, 'active');
  await eventually(() => machine.running.kind === 'os');
  await site.ask(uuid, 'deleted');
  await site.reaches(uuid, 'available');

  const resets = site.fleet.world.ledger
    .find({ machine: 'node-2', event: 'power' })
    .map(({ detail }) => (detail as { readonly reset: string | null }).reset);
  // Into the agent, into the system, and into the agent again, which stays.
  expect(new Set(resets)).toEqual(new Set(['On', 'ForceRestart']));
  expect(site.fleet.world.ledger.find({ machine: 'node-2', event: 'image-write-started' })).toHaveLength(1);
  expect(site.fleet.world.ledger.find({ machine: 'node-2', event: 'agent-started' })).toHaveLength(2);
});
