import { expect, test } from '@jest/globals';
import type { ProvisioningState } from '../states.ts';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import { decideDetachment } from './decide.ts';

const detach = (value: string) => ({ 'baremetalhost.metal3.io/detached': value });
const maintenance = expect.objectContaining({ request: expect.objectContaining({ do: 'maintenance' }) });
const wait = expect.objectContaining({ kind: 'wait' });

test.each<[sentence: string, state: ProvisioningState, options: ViewOptions, decision: object | undefined]>([
  ['an attached host is left alone', 'provisioned', {}, undefined],
  ['a provisioned host is let go as it runs', 'provisioned', { annotations: detach(''), node: active() }, maintenance],
  ['any text will do', 'externally provisioned', { annotations: detach('I said so'), node: active() }, maintenance],
  [
    'the node goes once it is in maintenance',
    'provisioned',
    { annotations: detach(''), node: { ...active(), maintenance: true } },
    { kind: 'ask', request: { do: 'delete' } },
  ],
  ['an available host is let go', 'available', { annotations: detach('') }, { kind: 'ask', request: { do: 'delete' } }],
  ['an operation is not interrupted', 'provisioning', { annotations: detach('') }, undefined],
  [
    'except by force',
    'provisioning',
    { annotations: detach('{"force":true}'), node: { provisionState: 'wait call-back' } },
    expect.objectContaining({ request: { do: 'verb', verb: 'abort' } }),
  ],
  ['a host that is being deleted is not detached', 'deleting', { annotations: detach('') }, undefined],
  [
    'without a node the host counts as detached',
    'provisioned',
    { annotations: detach(''), node: null },
    expect.objectContaining({ kind: 'wait', notes: { status: { operationalStatus: 'detached' } } }),
  ],
  [
    'and stays so without being written again',
    'provisioned',
    { annotations: detach(''), node: null, status: { operationalStatus: 'detached' } },
    wait,
  ],
  [
    'without the annotation the host is in order again',
    'provisioned',
    { node: null, status: { operationalStatus: 'detached' } },
    { kind: 'note', notes: { status: { operationalStatus: 'OK' } } },
  ],
  [
    'or in error, if it was',
    'provisioned',
    { node: null, status: { operationalStatus: 'detached', errorType: 'power management error' } },
    { kind: 'note', notes: { status: { operationalStatus: 'error' } } },
  ],
])('%s', (_sentence, state, options, decision) => {
  expect(decideDetachment(viewOf(state, options))).toEqual(decision);
});

function active() {
  return { provisionState: 'active' } as const;
}
