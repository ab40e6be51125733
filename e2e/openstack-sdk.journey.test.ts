import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startIronicPair, type IronicPair } from './ironic-pair.ts';
import { openstackProgram } from './openstack-cli.ts';

let ironic: IronicPair;
let steps: ReadonlyMap<string, Readonly<Record<string, unknown>>>;

beforeAll(async () => {
  const [program, pair] = await Promise.all([openstackProgram(), startIronicPair()]);
  ironic = pair;
  // The client brings the SDK along.
  const { stdout } = await promisify(execFile)(
    join(dirname(program), 'python'),
    ['-W', 'ignore', join(import.meta.dirname, 'openstack-sdk.py')],
    { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], OS_ENDPOINT: pair.endpoint }, timeout: 300_000 },
  );
  const told = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { readonly step: string });
  steps = new Map(told.map(({ step, ...facts }) => [step, facts]));
}, 600_000);
afterAll(() => ironic.stop());

test.each<[string, object]>([
  ['create', { state: 'enroll', name: 'sdk' }],
  ['port', { address: '52:54:00:5d:00:01', listed: ['52:54:00:5d:00:01'] }],
  ['update', { extra: { rack: 'r1' }, description: 'from the sdk' }],
  ['validate', { power: true }],
  ['manage', { state: 'manageable' }],
  ['inspect', { state: 'manageable' }],
  ['provide', { state: 'available' }],
  ['traits', { traits: ['CUSTOM_SDK'] }],
  ['allocation', { state: 'active', node: true }],
  ['active', { state: 'active' }],
  ['power', { power: 'power off' }],
  ['boot device', { device: 'pxe' }],
  ['maintenance', { maintenance: true, reason: 'a look inside' }],
  ['rescue', { state: 'rescue' }],
  ['unrescue', { state: 'active' }],
  ['deleted', { state: 'available', instance: null }],
  ['drivers', { drivers: ['fake-hardware', 'idrac', 'ipmi', 'redfish'] }],
  ['conductors', { alive: [true] }],
  ['inspection rule', { description: 'from the sdk' }],
  ['delete', { left: [] }],
])("openstacksdk's %s leaves what it should", (step, facts) => {
  expect(steps.get(step)).toEqual(facts);
});
