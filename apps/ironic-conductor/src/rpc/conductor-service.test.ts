import { describe, expect, test } from '@jest/globals';
import { nodeUuid, type Node } from '@metal3/node';
import { InvalidDriverInfo, RedfishError, type RedfishErrorKind } from '@metal3/redfish';
import type { Machine } from '../interfaces/machine.ts';
import { fakeMachine } from '../hardware-types/fake-hardware.ts';
import { someNode } from '../verbs/seen-for-tests.ts';
import { conductorService } from './conductor-service.ts';

const uuid = nodeUuid('11111111-2222-4333-8444-555555555555');

type Method = (request: object, call: { readonly signal: AbortSignal }) => Promise<unknown>;

/** Calls one method of the service for a machine that differs from the fake one in what is given. */
function ask(method: string, request: object, machine: Partial<Machine>, node: Partial<Node> = {}): Promise<unknown> {
  const known: Node = { ...someNode, uuid, ...node };
  const { methods } = conductorService({
    store: { nodes: { get: () => Promise.resolve(known) } as never },
    machineOf: () => ({ ...fakeMachine(known), ...machine }),
    offer() {},
  });
  return (methods[method] as Method)({ nodeUuid: uuid, ...request }, { signal: AbortSignal.timeout(1_000) });
}

const failing = (kind: RedfishErrorKind) => ({
  bootDevice: () =>
    Promise.reject(
      new RedfishError('GET https://bmc/redfish/v1/Systems/1: HTTP 503', {
        kind,
        method: 'GET',
        path: '/redfish/v1/Systems/1',
        origin: 'https://bmc',
      }),
    ),
});

describe('a BMC that fails while a client waits', () => {
  test.each<[RedfishErrorKind, object]>([
    [
      'transient',
      { code: 'CONDUCTOR-BMC-AWAY', message: expect.stringMatching(/^Redfish connection failed for node/) },
    ],
    ['unknown', { code: 'CONDUCTOR-BMC-AWAY' }],
    ['auth', { code: 'CONDUCTOR-BMC-REFUSED', message: expect.stringMatching(/^Redfish exception occurred. Error: /) }],
    ['refused', { code: 'CONDUCTOR-BMC-REFUSED' }],
    ['unsupported', { code: 'CONDUCTOR-UNSUPPORTED', grpcStatus: 'UNIMPLEMENTED' }],
  ])('is told apart from a conductor that fails: %s', async (kind, expected) => {
    await expect(ask('getBootDevice', {}, failing(kind))).rejects.toMatchObject(expected);
  });

  test('is named with its node', async () => {
    await expect(ask('getBootDevice', {}, failing('transient'))).rejects.toMatchObject({
      message: expect.stringContaining(uuid),
      details: { node: uuid },
    });
  });
});

test('driver_info that cannot be used is the mistake of whoever wrote it', async () => {
  const machine = { bootDevice: () => Promise.reject(new InvalidDriverInfo('redfish_address', 'no URL')) };
  await expect(ask('getBootDevice', {}, machine)).rejects.toMatchObject({ grpcStatus: 'INVALID_ARGUMENT' });
});

test('a boot device the machine does not offer is refused, naming those it does', async () => {
  await expect(ask('setBootDevice', { bootDevice: 'tape', persistent: false }, {})).rejects.toMatchObject({
    code: 'CONDUCTOR-INVALID',
    message: `Invalid boot device tape specified. Node ${uuid} offers pxe.`,
  });
  await expect(ask('setBootDevice', { bootDevice: 'pxe', persistent: false }, {})).resolves.toEqual({});
});

test('nothing is changed on a node that a conductor works on', async () => {
  await expect(
    ask('setBootDevice', { bootDevice: 'pxe', persistent: false }, {}, { reservation: 'other' }),
  ).rejects.toMatchObject({ code: 'CONDUCTOR-NODE-BUSY' });
});

test.each<[string, object, Partial<Node>, RegExp]>([
  [
    'of a component without any',
    { component: 'fan', name: 'led', state: 'on' },
    {},
    /those with indicators are: chassis, system/,
  ],
  [
    'that there is not',
    { component: 'system', name: 'x', state: 'on' },
    {},
    /Invalid indicator x specified; the system has: led/,
  ],
  ['that is only shown', { component: 'chassis', name: 'led-0', state: 'on' }, {}, /cannot be set/],
  ['to a state it does not take', { component: 'system', name: 'led', state: 'red' }, {}, /takes blinking, off, on/],
  [
    'of a node that a conductor works on',
    { component: 'system', name: 'led', state: 'on' },
    { reservation: 'other' },
    /is locked by host other/,
  ],
])('a lamp %s is not set, and the error says why', async (_which, request, node, words) => {
  await expect(ask('setIndicator', request, {}, node)).rejects.toThrow(words);
});

test('a lamp is set to a state that it takes', async () => {
  await expect(ask('setIndicator', { component: 'system', name: 'led', state: 'blinking' }, {})).resolves.toEqual({});
  await expect(ask('getIndicator', { component: 'system', name: 'led' }, {})).resolves.toEqual({ state: 'on' });
  await expect(ask('listIndicators', {}, {})).resolves.toMatchObject({
    indicators: [{ name: 'led-0' }, { name: 'led' }],
  });
});
