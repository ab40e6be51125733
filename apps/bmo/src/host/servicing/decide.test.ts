import { expect, test } from '@jest/globals';
import type { HostUpdatePolicySpec } from '@metal3/metal3-api';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import type { ProvisioningState } from '../states.ts';
import type { HostFirmware } from '../view.ts';
import { decideServicing } from './decide.ts';

const checked = (type: string, status: 'True' | 'False') => ({
  type,
  status,
  observedGeneration: 2,
  reason: 'Success',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
const conditions = [checked('ChangeDetected', 'True'), checked('Valid', 'True')];
const metadata = { name: 'host-1', namespace: 'metal', generation: 2 };
const onReboot: HostUpdatePolicySpec = { firmwareSettings: 'onReboot', firmwareUpdates: 'onReboot' };
const flash = { component: 'bios', url: 'http://files.example/bios-2.bin' };

interface Wanted {
  readonly settings?: Record<string, number | string>;
  readonly updates?: readonly (typeof flash)[];
  readonly generation?: number;
  /** null: there is none. */
  readonly policy?: HostUpdatePolicySpec | null;
}

const firmware = ({ settings = {}, updates = [], generation = 2, policy = onReboot }: Wanted): HostFirmware => ({
  settings: {
    apiVersion: 'metal3.io/v1alpha1',
    kind: 'HostFirmwareSettings',
    metadata: { ...metadata, generation },
    spec: { settings },
    status: { settings: {}, conditions },
  },
  components: {
    apiVersion: 'metal3.io/v1alpha1',
    kind: 'HostFirmwareComponents',
    metadata: { ...metadata, generation },
    spec: { updates: [...updates] },
    status: { updates: [], components: [], conditions },
  },
  policy:
    policy === null
      ? undefined
      : { apiVersion: 'metal3.io/v1alpha1', kind: 'HostUpdatePolicy', metadata, spec: policy },
});

const servicing = (state: ProvisioningState, wanted: Wanted, options: ViewOptions = {}) => {
  const view = viewOf(state, {
    ...options,
    node: { provisionState: 'active', powerState: 'power off', ...options.node },
    more: { biosSettings: new Map([['Retries', '3']]), ...options.more, firmware: firmware(wanted) },
  });
  if (view.node === undefined) throw new Error('the view has a node');
  return decideServicing(view, view.node);
};

const retries = { settings: { Retries: 5 } };
const underWay = { status: { operationalStatus: 'servicing' } } as const;
const failedBefore = { status: { operationalStatus: 'error', errorType: 'servicing error', errorCount: 1 } } as const;
const abort = { kind: 'ask', request: { do: 'verb', verb: 'abort' }, then: { biosApplied: '' } };
const service = (steps: readonly object[]) =>
  expect.objectContaining({ request: { do: 'verb', verb: 'service', args: { service_steps: steps } } });
const setRetries = {
  interface: 'bios',
  step: 'apply_configuration',
  args: { settings: [{ name: 'Retries', value: 5 }] },
};
const wait = expect.objectContaining({ kind: 'wait' });

test.each<[string, ProvisioningState, Wanted, ViewOptions, unknown]>([
  ['settings that differ are applied before a machine starts', 'provisioned', retries, {}, service([setRetries])],
  [
    'also of a machine that somebody else has provisioned',
    'externally provisioned',
    retries,
    {},
    service([setRetries]),
  ],
  [
    'updates are applied the same way',
    'provisioned',
    { updates: [flash] },
    {},
    service([{ interface: 'firmware', step: 'update', args: { settings: [flash] } }]),
  ],
  ['nothing is done without a policy', 'provisioned', { ...retries, policy: null }, {}, undefined],
  [
    'nothing is done under the policy onPreparing',
    'provisioned',
    { ...retries, policy: { firmwareSettings: 'onPreparing' } },
    {},
    undefined,
  ],
  [
    'a policy for updates does not allow settings',
    'provisioned',
    { ...retries, policy: { firmwareUpdates: 'onReboot' } },
    {},
    undefined,
  ],
  ['a machine that runs is left alone', 'provisioned', retries, { node: { powerState: 'power on' } }, undefined],
  ['a machine that is to stay off is left alone', 'provisioned', retries, { spec: { online: false } }, undefined],
  ['a host that is not in use is prepared instead', 'available', retries, {}, undefined],
  ['what is as wanted needs no service', 'provisioned', { settings: { Retries: 3 } }, {}, undefined],
  ['an edit is waited for until it has been checked', 'provisioned', { ...retries, generation: 3 }, {}, wait],
  [
    'settings are compared with those of the machine',
    'provisioned',
    retries,
    { more: { biosSettings: undefined } },
    { kind: 'read-bios' },
  ],
  ['Ironic is waited for', 'provisioned', retries, { ...underWay, node: { provisionState: 'servicing' } }, wait],
  ['the agent is waited for', 'provisioned', retries, { ...underWay, node: { provisionState: 'service wait' } }, wait],
  [
    'an agent whose work nobody wants any more is stopped',
    'provisioned',
    {},
    { ...underWay, node: { provisionState: 'service wait' } },
    abort,
  ],
  [
    'a failure that nobody wants to mend any more is ended, fault or not',
    'provisioned',
    {},
    { ...failedBefore, node: { provisionState: 'service failed', fault: 'service failure' } },
    abort,
  ],
  [
    'a failure is a servicing error',
    'provisioned',
    retries,
    { ...underWay, node: { provisionState: 'service failed', lastError: 'no' } },
    { kind: 'fail', type: 'servicing error', message: 'no', notes: { biosApplied: '' } },
  ],
  [
    'and is tried again after the pause',
    'provisioned',
    retries,
    { ...failedBefore, node: { provisionState: 'service failed' } },
    service([setRetries]),
  ],
  [
    'maintenance is ended first',
    'provisioned',
    retries,
    { ...failedBefore, node: { provisionState: 'service failed', maintenance: true } },
    { kind: 'ask', request: { do: 'maintenance', on: false } },
  ],
  [
    'what is done makes the host OK again',
    'provisioned',
    { settings: { Retries: 3 } },
    underWay,
    { kind: 'note', notes: { clearError: true, status: { operationalStatus: 'OK', errorCount: 0 }, biosApplied: '' } },
  ],
])('%s', (_sentence, state, wanted, options, decision) => {
  expect(servicing(state, wanted, options)).toEqual(decision);
});

test('a host says that it is being serviced, and what is being applied', () => {
  expect(servicing('provisioned', { ...retries, updates: [flash] })).toMatchObject({
    then: {
      status: { operationalStatus: 'servicing' },
      firmwareUpdates: [flash],
      biosApplied: JSON.stringify([{ name: 'Retries', value: 5 }]),
    },
  });
});

test('settings that the machine does not take are told of, not applied for ever', () => {
  const applied = { more: { biosApplied: JSON.stringify([{ name: 'Retries', value: 5 }]) } };
  expect(servicing('provisioned', retries, { ...underWay, ...applied })).toMatchObject({
    kind: 'fail',
    type: 'servicing error',
    message: expect.stringContaining('Retries is "3" after "5" was applied'),
  });
});
