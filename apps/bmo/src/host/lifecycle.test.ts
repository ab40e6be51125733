import { expect, test } from '@jest/globals';
import { bmcAccess } from '../bmc/access.ts';
import { decideHost } from './lifecycle.ts';
import type { ProvisioningState } from './states.ts';
import { nodeOf, viewOf, type ViewOptions } from './testing/view.ts';

const to = (state: ProvisioningState): object => expect.objectContaining({ kind: 'advance', to: state });
const wait = expect.objectContaining({ kind: 'wait' });
const verb = (name: string): object => expect.objectContaining({ kind: 'ask', request: { do: 'verb', verb: name } });
const asks = (request: object): object =>
  expect.objectContaining({ kind: 'ask', request: expect.objectContaining(request) });
const image = { url: 'http://images.example/os.qcow2', checksum: 'abc', checksumType: 'sha256' } as const;
const running = { status: { provisioning: { image } }, spec: { image } } as const;
const active = { provisionState: 'active' } as const;

test.each<[sentence: string, state: ProvisioningState, options: ViewOptions, decision: object]>([
  ['a host with BMC details is registered', '', { node: null }, to('registering')],
  [
    'a host without is left unmanaged',
    '',
    { node: null, spec: { bmc: { address: '', credentialsName: '' } } },
    to('unmanaged'),
  ],
  ['an unmanaged host becomes managed with BMC details', 'unmanaged', { node: null }, to('registering')],
  ['a registered host is inspected', 'registering', {}, to('inspecting')],
  ['unless inspection is disabled', 'registering', { spec: { inspectionMode: 'disabled' } }, to('preparing')],
  [
    'or somebody else has provisioned it',
    'registering',
    { spec: { externallyProvisioned: true } },
    to('externally provisioned'),
  ],
  ['a prepared host is available', 'preparing', {}, to('available')],
  [
    'preparation reports a failure',
    'preparing',
    { node: { provisionState: 'clean failed', lastError: 'no' } },
    { kind: 'fail', type: 'preparation error', message: 'no' },
  ],
  [
    'preparation tries again after the pause',
    'preparing',
    { node: { provisionState: 'clean failed' }, status: { errorType: 'preparation error' } },
    verb('manage'),
  ],
  ['an available host with an image is provisioned', 'available', { spec: { image } }, to('provisioning')],
  [
    'an available host is inspected again on request',
    'available',
    { annotations: { 'inspect.metal3.io': '' } },
    to('inspecting'),
  ],
  [
    'RAID that is asked for is prepared',
    'available',
    { spec: { raid: { hardwareRAIDVolumes: [{ level: '1' }] } } },
    to('preparing'),
  ],
  [
    'an available host may be taken as provisioned',
    'available',
    { spec: { externallyProvisioned: true } },
    to('externally provisioned'),
  ],
  [
    'an image that failed too often waits for another',
    'available',
    { spec: { image }, status: { provisioningFailCount: 3, lastAttemptedImage: image } },
    { kind: 'fail', type: 'provisioning error', message: expect.stringContaining('failed 3 times') },
  ],
  [
    'another image gets its own attempts',
    'available',
    {
      spec: { image: { ...image, url: 'http://other' } },
      status: { provisioningFailCount: 3, lastAttemptedImage: image },
    },
    expect.objectContaining({ kind: 'note', notes: { status: expect.objectContaining({ provisioningFailCount: 0 }) } }),
  ],
  ['a provisioned host keeps running', 'provisioned', { ...running, node: active }, wait],
  ['a provisioned host whose node is new is adopted', 'provisioned', running, verb('adopt')],
  ['adoption is waited for', 'provisioned', { ...running, node: { provisionState: 'adopting' } }, wait],
  [
    'a failed adoption is reported',
    'provisioned',
    { ...running, node: { provisionState: 'adopt failed', lastError: 'no' } },
    { kind: 'fail', type: 'provisioned registration error', message: 'no' },
  ],
  [
    'maintenance set by hand is ended',
    'provisioned',
    { ...running, node: { ...active, maintenance: true } },
    asks({ do: 'maintenance', on: false }),
  ],
  [
    'an image that is taken away is deprovisioned',
    'provisioned',
    { status: { provisioning: { image } }, node: active },
    to('deprovisioning'),
  ],
  [
    'an externally provisioned host is adopted',
    'externally provisioned',
    { spec: { externallyProvisioned: true } },
    verb('adopt'),
  ],
  ['it becomes a normal one when the flag goes', 'externally provisioned', { node: active }, to('provisioned')],
  ['deprovisioning undeploys', 'deprovisioning', { node: active }, verb('deleted')],
  [
    'deprovisioning adopts first what it does not know',
    'deprovisioning',
    { status: { provisioning: { image } }, node: { provisionState: 'adopting' } },
    wait,
  ],
  [
    'deprovisioning cleans a machine that was never adopted',
    'deprovisioning',
    { status: { provisioning: { image } } },
    verb('provide'),
  ],
  [
    'deprovisioning ends with an available host',
    'deprovisioning',
    { node: { provisionState: 'available' } },
    to('available'),
  ],
  [
    'deprovisioning reports a failure',
    'deprovisioning',
    { node: { provisionState: 'error', lastError: 'no' } },
    { kind: 'fail', type: 'provisioning error', message: 'no' },
  ],
  [
    'deprovisioning tries again after the pause',
    'deprovisioning',
    { node: { provisionState: 'error' }, status: { errorType: 'provisioning error' } },
    verb('deleted'),
  ],
  [
    'deprovisioning sets the cleaning mode first',
    'deprovisioning',
    { node: { ...active, automatedClean: false } },
    asks({ do: 'patch' }),
  ],
  ['a new host is simply deleted', '', { deleting: true, node: null }, to('deleting')],
  ['a host being registered is simply deleted', 'registering', { deleting: true }, to('deleting')],
  [
    'a provisioned host is deprovisioned before deletion',
    'provisioned',
    { deleting: true, ...running, node: active },
    to('deprovisioning'),
  ],
  [
    'a deprovisioned host is switched off before deletion',
    'deprovisioning',
    { deleting: true, node: { provisionState: 'available' } },
    to('powering off before delete'),
  ],
  [
    'deprovisioning is given up after three failures',
    'deprovisioning',
    { deleting: true, node: { provisionState: 'error' }, status: { errorType: 'provisioning error', errorCount: 4 } },
    to('powering off before delete'),
  ],
  [
    'an available host is switched off before deletion',
    'available',
    { deleting: true },
    to('powering off before delete'),
  ],
  [
    'switching off before deletion is hard',
    'powering off before delete',
    { deleting: true },
    asks({ do: 'power', target: 'power off' }),
  ],
  [
    'a host that is off may go',
    'powering off before delete',
    { deleting: true, node: { powerState: 'power off' } },
    to('deleting'),
  ],
  [
    'a host that must not be off may go',
    'powering off before delete',
    { deleting: true, spec: { disablePowerOff: true }, node: { disablePowerOff: true } },
    to('deleting'),
  ],
  ['the node is removed', 'deleting', { deleting: true }, asks({ do: 'delete' })],
  [
    'the instance is taken off it first',
    'deleting',
    { deleting: true, node: { instanceUuid: 'uid-1' } },
    asks({ do: 'patch' }),
  ],
  [
    'a node in use is put into maintenance first',
    'deleting',
    { deleting: true, node: active },
    asks({ do: 'maintenance', on: true }),
  ],
  ['a host without node is let go', 'deleting', { deleting: true, node: null }, { kind: 'release' }],
  [
    'a detached host is deleted without touching the machine',
    'provisioned',
    { deleting: true, node: active, annotations: { 'baremetalhost.metal3.io/detached': '' } },
    to('deleting'),
  ],
  [
    'unless deletion is to wait',
    'provisioned',
    { deleting: true, node: active, annotations: { 'baremetalhost.metal3.io/detached': '{"deleteAction":"delay"}' } },
    wait,
  ],
  [
    'a host is detached by removing its node',
    'available',
    { annotations: { 'baremetalhost.metal3.io/detached': '' } },
    asks({ do: 'delete' }),
  ],
  [
    'a detached host is not enrolled again',
    'provisioned',
    { node: null, annotations: { 'baremetalhost.metal3.io/detached': '' } },
    expect.objectContaining({ kind: 'wait', reason: 'the host is detached' }),
  ],
  [
    'a busy host is not detached',
    'inspecting',
    { node: { provisionState: 'inspecting' }, annotations: { 'baremetalhost.metal3.io/detached': '' } },
    wait,
  ],
  [
    'unless by force',
    'inspecting',
    { node: { provisionState: 'inspect wait' }, annotations: { 'baremetalhost.metal3.io/detached': '{"force":true}' } },
    verb('abort'),
  ],
  [
    'an attached host is taken up again',
    'provisioned',
    { node: null, status: { operationalStatus: 'detached' } },
    expect.objectContaining({ kind: 'note', notes: { status: { operationalStatus: 'OK' } } }),
  ],
])('%s', (sentence, state, options, decision) => {
  expect([sentence, decideHost(viewOf(state, options))]).toEqual([sentence, decision]);
});

const pxe = {
  kind: 'known',
  access: bmcAccess('redfish://192.0.2.1/redfish/v1/Systems/1'),
  credentials: { username: 'admin', password: 'secret' },
  secret: { name: 'bmc', namespace: 'metal', resourceVersion: '7' },
} as const;

test.each<[sentence: string, hasCapacity: boolean | undefined, decision: object]>([
  ['busy hosts are counted before one that boots over the network joins them', undefined, { kind: 'count-busy' }],
  [
    'it waits while there are too many',
    false,
    expect.objectContaining({
      kind: 'wait',
      notes: expect.objectContaining({ status: { operationalStatus: 'delayed' } }),
    }),
  ],
  ['it goes on when there is room', true, to('inspecting')],
])('%s', (_sentence, hasCapacity, decision) => {
  expect(decideHost(viewOf('registering', { node: nodeOf(), more: { bmc: pxe, hasCapacity } }))).toEqual(decision);
});
