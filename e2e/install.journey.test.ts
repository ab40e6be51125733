// docs/install.md, typed by somebody with an empty cluster: all charts as they are, their pods with what the images hold and the rights they are given.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startFleet, type Fleet } from '@metal3/fleet';
import { testPostgres } from '@metal3/local-servers';
import { startReader, type Reader } from './reader.ts';

let fleet: Fleet;
let reader: Reader;
/** The machine's ledger when a command was typed. */
const doneBefore = new Map<string, readonly string[]>();

beforeAll(async () => {
  fleet = await startFleet({ hosts: 1, timeScale: 0, account: { username: 'root', password: 'calvin' } });
  reader = await startReader();
}, 900_000);
afterAll(async () => {
  await reader?.stop();
  await fleet?.close();
});

test('docs/install.md does what it says, command by command', async () => {
  const { identity } = fleet.machine('node-0');
  const commands = await reader.follow(
    'docs/install.md',
    [
      ['192.0.2.11', '127.79.0.11'],
      ['192.0.2.12', '127.79.0.12'],
      ['postgres://ironic:secret@192.0.2.13:5432/ironic', (await testPostgres()).url],
      ['http://files.example.com', fleet.urls.files],
      ['https://192.0.2.20/redfish/v1/Systems/1', `${fleet.urls.bmcTls}/redfish/v1/Systems/${identity.uuid}`],
      ['52:54:00:00:00:01', identity.macs[0]],
    ],
    (command) =>
      void doneBefore.set(
        command,
        fleet.world.ledger.find({}).map(({ event }) => event),
      ),
  );
  expect(commands).toBeGreaterThan(15);
}, 900_000);

test('no pod had to be started again', () => {
  expect(reader.node.restarts()).toEqual([]);
});

test('a new database for Ironic did nothing to the machine that ran', () => {
  const at = (typed: RegExp) => [...doneBefore].find(([command]) => typed.test(command))?.[1] ?? [];
  const changes = (events: readonly string[]) => events.filter((event) => /^(power|media|image)/.test(event));
  expect(changes(at(/helm upgrade metal3/))).toContain('image-write-started');
  expect(changes(at(/delete baremetalhost/))).toEqual(changes(at(/helm upgrade metal3/)));
});
