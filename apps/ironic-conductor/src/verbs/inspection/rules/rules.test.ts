import { describe, expect, test } from '@jest/globals';
import type { Json, JsonObject, Port } from '@metal3/node';
import type { UserRecord } from '@metal3/node-store';
import { someNode } from '../../seen-for-tests.ts';
import type { InspectionResult } from '../hooks.ts';
import { holds } from './conditions.ts';
import { interpolate } from './interpolate.ts';
import { ruledBy } from './ruled.ts';

const inventory: JsonObject = {
  cpu: { count: 8, architecture: 'x86_64' },
  system_vendor: { manufacturer: 'Acme', serial_number: '' },
  bmc_address: '192.0.2.7',
  disks: [
    { name: '/dev/sda', size: 10 },
    { name: '/dev/sdb', size: 99 },
  ],
};

const result: InspectionResult = {
  properties: { cpu_arch: 'x86_64', capabilities: 'boot_mode:uefi' },
  inventory,
  pluginData: { macs: ['52:54:00:00:00:01'] },
  ports: {
    create: [{ address: '52:54:00:00:00:01' as Port['address'], pxeEnabled: true, extra: {} }],
    remove: [],
    update: [],
  },
};

let id = 0;
const rule = (
  actions: readonly JsonObject[],
  conditions: readonly JsonObject[] = [],
  more: JsonObject = {},
): UserRecord => ({
  id: (id += 1),
  uuid: `rule-${id}`,
  name: null,
  address: null,
  nodeUuid: null,
  body: { actions, conditions, ...more },
  createdAt: 0,
  updatedAt: null,
});

const ruled = (...rules: readonly UserRecord[]) => ruledBy(rules, someNode, [], result);
const set = (path: string, value: Json): JsonObject => ({ op: 'set-attribute', args: { path, value } });

describe('conditions', () => {
  test.each<[string, JsonObject, boolean]>([
    ['eq', { values: [8, '8', 8] }, true],
    ['eq', { values: ['a', 'b'] }, false],
    ['!eq', { values: ['a', 'b'] }, true],
    ['lt', { values: [1, '2', 3] }, true],
    ['gt', { values: ['10', 9] }, true],
    ['gt', { values: [9, 10] }, false],
    ['is-empty', { value: '' }, true],
    ['is-empty', { value: {} }, true],
    ['is-empty', { value: 0 }, false],
    ['in-net', { address: '192.0.2.7', subnet: '192.0.2.0/28' }, true],
    ['in-net', { address: '192.0.2.77', subnet: '192.0.2.0/28' }, false],
    ['in-net', { address: 'fd00::1', subnet: 'fd00::/8' }, true],
    ['matches', { value: 'Acme Inc', regex: 'Ac' }, true],
    ['matches', { value: 'Acme', regex: 'cme' }, false],
    ['contains', { value: 'Acme', regex: 'cm' }, true],
    ['one-of', { value: 'b', values: ['a', 'b'] }, true],
    ['is-none', { value: null }, true],
    ['is-true', { value: 'yes' }, true],
    ['is-false', { value: 'off' }, true],
    ['is-true', { value: 'x' }, false],
  ])('%s of %j is %s', (op, args, expected) => {
    expect(holds(op, args)).toBe(expected);
  });

  test.each<[string, JsonObject]>([
    ['lt', { values: ['a', 1] }],
    ['in-net', { address: 'x', subnet: '192.0.2.0/24' }],
    ['matches', { value: 'x', regex: '(' }],
    ['eq', {}],
  ])('%s of %j cannot be answered', (op, args) => {
    expect(() => holds(op, args)).toThrow(expect.objectContaining({ name: 'RuleProblem' }));
  });
});

test.each<[Json, Json]>([
  ['{inventory[cpu][count]}', 8],
  ['{node.properties[cpu_arch]}', 'x86_64'],
  ['cpus: {inventory[cpu][count]} {{kept}}', 'cpus: 8 {kept}'],
  ['{inventory[disks][1][name]}', '/dev/sdb'],
  ['{inventory[none][at][all]}', null],
  [{ a: ['{item}'] }, { a: ['x'] }],
  ['{node.constructor}', null],
])('%j reads as %j', (argument, value) => {
  expect(interpolate(argument, { inventory, node: { properties: result.properties }, item: 'x' })).toEqual(value);
});

describe('actions', () => {
  test('change attributes, capabilities, traits and plugin data of the node', () => {
    const verdict = ruled(
      rule([
        set('/extra/rack/row', 7),
        set('/description', '{inventory[system_vendor][manufacturer]} with {inventory[cpu][count]} CPUs'),
        set('/boot_interface', 'ipxe'),
        { op: 'extend-attribute', args: { path: '/extra/tags', value: 'a' } },
        { op: 'extend-attribute', args: { path: '/extra/tags', value: 'a', unique: true } },
        { op: 'del-attribute', args: { path: '/properties/cpu_arch' } },
        { op: 'set-capability', args: { name: 'boot_mode', value: 'bios' } },
        { op: 'set-capability', args: ['raid', '1'] },
        { op: 'unset-capability', args: { name: 'absent' } },
        { op: 'add-trait', args: { name: 'CUSTOM_ACME' } },
        { op: 'set-plugin-data', args: { path: '/seen', value: true } },
        { op: 'unset-plugin-data', args: { path: '/macs' } },
      ]),
    );
    expect(verdict).toMatchObject({
      kind: 'result',
      change: {
        patch: {
          extra: { rack: { row: 7 }, tags: ['a'] },
          description: 'Acme with 8 CPUs',
          properties: { capabilities: 'boot_mode:bios,raid:1' },
          interfaces: { boot: 'ipxe', deploy: 'direct' },
        },
        traits: ['CUSTOM_ACME'],
      },
      pluginData: { seen: true },
    });
  });

  test('change ports that this very inspection makes', () => {
    const verdict = ruled(
      rule([
        { op: 'set-port-attribute', args: { port_id: '52:54:00:00:00:01', path: '/physical_network', value: 'p1' } },
        { op: 'set-port-attribute', args: { port_id: '52:54:00:00:00:01', path: '/extra/slot', value: 1 } },
      ]),
    );
    expect(verdict).toMatchObject({
      change: {
        ports: {
          create: [{ address: '52:54:00:00:00:01', physicalNetwork: 'p1', extra: { slot: 1 }, pxeEnabled: true }],
        },
      },
    });
  });

  test('may be repeated for each of a list', () => {
    const verdict = ruled(
      rule([
        {
          op: 'extend-attribute',
          args: { path: '/extra/disks', value: '{item[name]}' },
          loop: '{inventory[disks]}',
        },
      ]),
    );
    expect(verdict).toMatchObject({ change: { patch: { extra: { disks: ['/dev/sda', '/dev/sdb'] } } } });
  });

  test('log and call are told to whoever carries the inspection out', () => {
    const verdict = ruled(
      rule([
        { op: 'log', args: { msg: 'hello {inventory[bmc_address]}', level: 'warning' } },
        { op: 'api-call', args: { url: 'http://192.0.2.9/{node.uuid}', headers: { 'X-A': 'b' } } },
      ]),
    );
    expect(verdict).toMatchObject({
      logs: [{ level: 'warning', message: 'hello 192.0.2.7' }],
      calls: [{ url: `http://192.0.2.9/${someNode.uuid}`, headers: { 'X-A': 'b' } }],
    });
  });
});

describe('rules', () => {
  const isAcme = (value: string): JsonObject => ({
    op: 'eq',
    args: { values: ['{inventory[system_vendor][manufacturer]}', value] },
  });

  test('apply when all their conditions hold', () => {
    expect(ruled(rule([set('/extra/a', 1)], [isAcme('Acme'), isAcme('Other')]))).toMatchObject({
      change: { patch: { properties: result.properties } },
    });
    const applied = ruled(rule([set('/extra/a', 1)], [isAcme('Acme')]));
    expect(applied).toMatchObject({ change: { patch: { extra: { a: 1 } } } });
  });

  test.each([
    ['any', true],
    ['all', false],
    ['first', false],
    ['last', true],
  ])('a condition with a loop holds for %s of the rounds', (multiple, expected) => {
    const condition = { op: 'gt', args: { values: ['{item[size]}', 50] }, loop: '{inventory[disks]}', multiple };
    const verdict = ruled(rule([set('/extra/a', 1)], [condition]));
    expect(verdict.kind === 'result' && verdict.change.patch?.extra !== undefined).toBe(expected);
  });

  test('of higher priority come first, and later ones see what they changed', () => {
    const late = rule([set('/extra/b', '{node.extra[a]}')], [], { priority: 1 });
    const early = rule([set('/extra/a', 5)], [], { priority: 2 });
    expect(ruled(late, early)).toMatchObject({ change: { patch: { extra: { a: 5, b: 5 } } } });
  });

  test('that fail end the inspection with their words and name', () => {
    const failing = rule([{ op: 'fail', args: { msg: 'no {inventory[cpu][count]} here' } }], [], {
      description: 'cpus',
    });
    expect(ruled(failing)).toEqual({
      kind: 'problem',
      message: `Inspection failed: inspection rule ${failing.uuid} (cpus): no 8 here`,
    });
    const secret = rule([{ op: 'fail', args: { msg: 'password' } }], [], { sensitive: true });
    expect(ruled(secret)).toMatchObject({ message: expect.not.stringContaining('password') });
  });

  test.each<[string, JsonObject, string]>([
    ['an attribute that is not theirs', set('/provision_state', 'active'), '/provision_state is not an attribute'],
    ['an interface that the driver lacks', set('/boot_interface', 'floppy'), 'has no boot interface "floppy"'],
    ['a text that is none', set('/owner', 5), '/owner must be a text'],
    ['a way through a text', set('/description/x', 1), ''],
    ['a port that is not there', { op: 'del-port-attribute', args: { port_id: 'x', path: '/extra' } }, 'no port x'],
    ['a trait that is none', { op: 'add-trait', args: { name: 'acme' } }, '"acme" is no trait'],
  ])('that ask for %s end the inspection', (_what, action, words) => {
    expect(ruled(rule([action]))).toMatchObject({ kind: 'problem', message: expect.stringContaining(words) });
  });
});
