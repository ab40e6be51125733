import { describe, expect, test } from '@jest/globals';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import type { ProvisioningState } from '../states.ts';
import { nodeOf, viewOf, type ViewOptions } from '../testing/view.ts';
import { decideDeleting, decideDeletion, decidePoweringOff } from './decide.ts';
import { decideRemoval } from './removal.ts';

const detached = { 'baremetalhost.metal3.io/detached': '' };
const delayed = { 'baremetalhost.metal3.io/detached': '{"deleteAction":"delay"}' };
const refusedTooOften = { errorType: 'registration error', errorCount: 4 } as const;

describe('a host that is deleted', () => {
  test.each<[from: ProvisioningState, to: ProvisioningState]>([
    ['', 'deleting'],
    ['unmanaged', 'deleting'],
    ['registering', 'deleting'],
    ['inspecting', 'powering off before delete'],
    ['match profile', 'powering off before delete'],
    ['preparing', 'powering off before delete'],
    ['ready', 'powering off before delete'],
    ['available', 'powering off before delete'],
    ['externally provisioned', 'powering off before delete'],
    ['provisioning', 'deprovisioning'],
    ['provisioned', 'deprovisioning'],
  ])('goes from "%s" to "%s"', (from, to) => {
    expect(decideDeletion(viewOf(from, { deleting: true }))).toEqual({ kind: 'advance', to });
  });

  test.each<ProvisioningState>(['deprovisioning', 'powering off before delete', 'deleting'])(
    'goes on with "%s"',
    (state) => expect(decideDeletion(viewOf(state, { deleting: true }))).toBeUndefined(),
  );

  test.each<[sentence: string, state: ProvisioningState, options: ViewOptions, decision: object | undefined]>([
    ['is not touched while it is wanted', 'provisioned', {}, undefined],
    [
      'is let go as it is while detached',
      'provisioned',
      { annotations: detached, deleting: true },
      { kind: 'advance', to: 'deleting' },
    ],
    [
      'waits until it is attached again if that was asked for',
      'provisioned',
      { annotations: delayed, deleting: true },
      expect.objectContaining({ kind: 'wait' }),
    ],
    [
      'waits until it is attached again once the annotation has gone',
      'provisioned',
      { status: { operationalStatus: 'detached' }, deleting: true },
      expect.objectContaining({ kind: 'wait' }),
    ],
    [
      'is given up when its BMC cannot be registered any more',
      'deprovisioning',
      { status: refusedTooOften, deleting: true },
      { kind: 'advance', to: 'deleting' },
    ],
  ])('%s', (_sentence, state, options, decision) => {
    expect(decideDeletion(viewOf(state, options))).toEqual(decision);
  });
});

describe('powering off before deletion', () => {
  const gone = expect.objectContaining({ kind: 'advance', to: 'deleting' });
  test.each<[sentence: string, options: ViewOptions, decision: object]>([
    [
      'takes the power away without asking the operating system',
      {},
      expect.objectContaining({ request: { do: 'power', target: 'power off' } }),
    ],
    ['is done when the machine is off', { node: { powerState: 'power off' } }, gone],
    [
      'waits for a machine that is just being powered on',
      { node: { powerState: 'power off', targetPowerState: 'power on' } },
      expect.objectContaining({ kind: 'wait', reason: 'Ironic is powering the machine on' }),
    ],
    ['leaves a machine on that is never powered off', { spec: { disablePowerOff: true } }, gone],
    ['is given up after four failures', { status: { errorType: 'power management error', errorCount: 4 } }, gone],
    [
      'goes on after three',
      { status: { errorType: 'power management error', errorCount: 3 } },
      expect.objectContaining({ kind: 'ask' }),
    ],
    ['is left out for a host that Ironic never knew', { node: null, more: { bmc: { kind: 'none' } } }, gone],
    [
      'stops an inspection first',
      { node: { provisionState: 'inspect wait' } },
      expect.objectContaining({ request: { do: 'verb', verb: 'abort' } }),
    ],
  ])('%s', (_sentence, options, decision) => {
    expect(decidePoweringOff(viewOf('powering off before delete', { ...options, deleting: true }))).toEqual(decision);
  });
});

describe('removing the node', () => {
  test('ends when there is none', () => {
    expect(decideDeleting(viewOf('deleting', { node: null, deleting: true }))).toEqual({ kind: 'release' });
  });

  test.each<[sentence: string, node: Partial<NodeSnapshot>, force: boolean, decision: object | undefined]>([
    ['a node that was never verified goes at once', { provisionState: 'enroll' }, false, undefined],
    ['a node in use is put into maintenance', { provisionState: 'active' }, false, { do: 'maintenance' }],
    ['a node in maintenance goes', { provisionState: 'active', maintenance: true }, false, undefined],
    ['a node that failed is put into maintenance', { provisionState: 'clean failed' }, false, { do: 'maintenance' }],
    [
      'a node at rest loses its instance first',
      { provisionState: 'available', instanceUuid: 'uid-1' },
      false,
      { do: 'patch' },
    ],
    ['work under way is waited for', { provisionState: 'cleaning' }, true, undefined],
    ['an agent at work is waited for', { provisionState: 'clean wait' }, false, undefined],
    ['an agent at work is stopped by force', { provisionState: 'clean wait' }, true, { do: 'verb', verb: 'abort' }],
    ['a deployment is stopped by force', { provisionState: 'wait call-back' }, true, { do: 'verb', verb: 'abort' }],
  ])('%s', (sentence, node, force, request) => {
    const decision = decideRemoval(nodeOf(node), { force, abortDeploy: true });
    const waits = /waited for/.test(sentence);
    if (request !== undefined) expect(decision).toMatchObject({ kind: 'ask', request });
    else if (waits) expect(decision).toMatchObject({ kind: 'wait' });
    else expect(decision).toBeUndefined();
  });

  test('an Ironic that cannot abort a deployment undoes it', () => {
    const node = nodeOf({ provisionState: 'wait call-back' });
    expect(decideRemoval(node, { force: true, abortDeploy: false })).toMatchObject({ request: { verb: 'deleted' } });
  });
});
