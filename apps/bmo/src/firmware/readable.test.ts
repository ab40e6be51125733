import { expect, test } from '@jest/globals';
import type { BareMetalHost } from '@metal3/metal3-api';
import { firmwareMayHaveChanged, firmwareWorkEnded } from './readable.ts';

const host = (state: string, { ID = 'node-1', annotations = {} as Record<string, string> } = {}) =>
  ({
    metadata: { name: 'host-1', annotations },
    spec: {},
    status: { operationalStatus: 'OK', provisioning: { state, ID } },
  }) as unknown as BareMetalHost;
const serviced = (operationalStatus: string) =>
  ({
    ...host('provisioned'),
    status: { operationalStatus, provisioning: { state: 'provisioned', ID: 'node-1' } },
  }) as unknown as BareMetalHost;
const paused = { 'baremetalhost.metal3.io/paused': '' };

test.each([
  ['a host that is seen for the first time', undefined, host('available'), true],
  ['one that has been registered', host('registering'), host('inspecting'), true],
  ['one that has been inspected', host('inspecting'), host('preparing'), true],
  ['one that has been prepared', host('preparing'), host('available'), true],
  ['one that goes on after a pause', host('available', { annotations: paused }), host('available'), true],
  ['one that has another node', host('provisioned'), host('provisioned', { ID: 'node-2' }), true],
  ['one that has been serviced', serviced('servicing'), serviced('OK'), true],
  ['one that is being serviced', serviced('OK'), serviced('servicing'), false],
  ['one that is being written', host('available'), host('provisioning'), false],
  ['one that has been written', host('provisioning'), host('provisioned'), false],
  ['one that is being emptied', host('provisioned'), host('deprovisioning'), false],
  ['one that is not in the hands of Ironic', host('available'), host('registering'), false],
  ['one of which something else is written', host('preparing'), host('preparing'), false],
  ['one that is gone', host('available'), undefined, false],
])('whether the firmware is looked at again of %s', (_what, before, after, looked) => {
  expect(firmwareMayHaveChanged(before, after)).toBe(looked);
});

test.each([
  ['cleaning, by whomever', 'cleaning', 'available', true],
  ['waiting for its agent to clean', 'clean wait', 'manageable', true],
  ['servicing', 'service wait', 'active', true],
  ['a verification', 'verifying', 'manageable', true],
  ['a part of cleaning', 'cleaning', 'clean wait', false],
  ['a deployment', 'deploying', 'active', false],
  ['nothing that we have seen', undefined, 'available', false],
])(
  'whether the firmware is looked at again of a machine with which Ironic has ended %s',
  (_what, before, after, looked) => {
    expect(firmwareWorkEnded(before, after)).toBe(looked);
  },
);
