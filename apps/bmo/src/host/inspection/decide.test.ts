import { expect, test } from '@jest/globals';
import { now, viewOf, type ViewOptions } from '../testing/view.ts';
import { decideInspection } from './decide.ts';

const verb = (name: string): object => expect.objectContaining({ kind: 'ask', request: { do: 'verb', verb: name } });
const wait = expect.objectContaining({ kind: 'wait' });
const inventory = { inventory: { hostname: 'h' }, pluginData: {} };
const asked = { inspect: { start: new Date(now * 1000).toISOString() } };

test.each<[sentence: string, options: ViewOptions, decision: object]>([
  ['reads the inventory before asking for an inspection', {}, { kind: 'read-inventory' }],
  ['inspects a host of which Ironic knows nothing', { more: { inventory: 'absent' } }, verb('inspect')],
  [
    'keeps what an inspection has found',
    { more: { inventory } },
    expect.objectContaining({ kind: 'publish-hardware', to: 'preparing' }),
  ],
  [
    'does not trust an old inventory when asked to look again',
    { annotations: { 'inspect.metal3.io': '' }, more: { inventory } },
    verb('inspect'),
  ],
  ['waits for Ironic', { node: { provisionState: 'inspecting' } }, wait],
  ['waits for the agent', { node: { provisionState: 'inspect wait' } }, wait],
  [
    'aborts for a forced reboot',
    { node: { provisionState: 'inspect wait' }, annotations: { 'reboot.metal3.io': '{"force":true}' } },
    verb('abort'),
  ],
  [
    'does not abort for a reboot that is not forced',
    { node: { provisionState: 'inspect wait' }, annotations: { 'reboot.metal3.io': '' } },
    wait,
  ],
  [
    'starts again what was aborted',
    { node: { provisionState: 'inspect failed', lastError: 'Inspection was aborted by request' } },
    verb('inspect'),
  ],
  [
    'reports a failure',
    { node: { provisionState: 'inspect failed', lastError: 'timeout' } },
    { kind: 'fail', type: 'inspection error', message: 'timeout' },
  ],
  [
    'tries again after the pause',
    { node: { provisionState: 'inspect failed', lastError: 'timeout' }, status: { errorType: 'inspection error' } },
    verb('inspect'),
  ],
  ['takes the node back from the pool first', { node: { provisionState: 'available' } }, verb('manage')],
  [
    'leaves inspection out where it is disabled',
    { spec: { inspectionMode: 'disabled' } },
    expect.objectContaining({ kind: 'advance', to: 'preparing' }),
  ],
  [
    'sets the interface for a fast inspection',
    { spec: { inspectionMode: 'fast' }, more: { inventory: 'absent' } },
    { kind: 'ask', request: { do: 'patch', patch: [{ op: 'add', path: '/inspect_interface', value: 'redfish' }] } },
  ],
  [
    'does not inspect for ever where inspection stores nothing',
    { status: { operationHistory: asked }, node: { inspectionFinishedAt: now + 1 }, more: { inventory: 'absent' } },
    expect.objectContaining({ kind: 'publish-hardware', details: {} }),
  ],
  ['does not move a node with a fault', { node: { provisionState: 'available', fault: 'power failure' } }, wait],
  [
    'ends maintenance before anything else',
    { node: { provisionState: 'available', maintenance: true } },
    { kind: 'ask', request: { do: 'maintenance', on: false } },
  ],
])('%s', (_sentence, options, decision) => {
  expect(decideInspection(viewOf('inspecting', options))).toEqual(decision);
});

test('starting an inspection serves inspection and reboot requests', () => {
  expect(decideInspection(viewOf('inspecting', { more: { inventory: 'absent' } }))).toMatchObject({
    then: { dropAnnotations: ['inspect.metal3.io', 'reboot.metal3.io'], events: [{ reason: 'InspectionStarted' }] },
  });
});
