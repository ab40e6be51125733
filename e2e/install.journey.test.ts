// docs/install.md, typed by somebody with an empty cluster: all charts as they are, their pods with what the images hold and the rights they are given.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startFleet, type Fleet } from '@metal3/fleet';
import { startReader, type Reader } from './reader.ts';

let fleet: Fleet;
let reader: Reader;

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
  const commands = await reader.follow('docs/install.md', [
    ['192.0.2.11', '127.79.0.11'],
    ['192.0.2.12', '127.79.0.12'],
    ['http://files.example.com', fleet.urls.files],
    ['https://192.0.2.20/redfish/v1/Systems/1', `${fleet.urls.bmcTls}/redfish/v1/Systems/${identity.uuid}`],
    ['52:54:00:00:00:01', identity.macs[0]],
  ]);
  expect(commands).toBeGreaterThan(20);
}, 900_000);

test('no pod had to be started again, and the image was written once', () => {
  expect(reader.node.restarts()).toBe(0);
  expect(fleet.world.ledger.find({ event: 'image-write-started' })).toHaveLength(1);
});
