import { expect, test } from '@jest/globals';
import type { Decision } from '../decision.ts';
import { viewOf, type ViewOptions } from '../testing/view.ts';
import { decideRegistration } from './decide.ts';

const ask = (request: object): object =>
  expect.objectContaining({ kind: 'ask', request: expect.objectContaining(request) });
const failed = (message: string): object => ({
  kind: 'fail',
  type: 'registration error',
  message: expect.stringContaining(message),
});
const urlV6 = 'http://[2001:db8::2]:6385';
const older = { credentials: { name: 'bmc', namespace: 'metal' }, credentialsVersion: '6' };

test.each<[sentence: string, options: ViewOptions, decision: object | undefined]>([
  ['leaves a host alone whose node is as it should be', {}, undefined],
  ['enrols a host that has no node', { node: null }, ask({ do: 'create' })],
  ['starts verification of a new node', { node: { provisionState: 'enroll' } }, ask({ do: 'verb', verb: 'manage' })],
  [
    'waits while the BMC is verified',
    { node: { provisionState: 'verifying' } },
    expect.objectContaining({ kind: 'wait' }),
  ],
  [
    'waits while verification is about to begin',
    { node: { provisionState: 'enroll', targetProvisionState: 'manageable' } },
    expect.objectContaining({ kind: 'wait' }),
  ],
  [
    'reports why verification failed',
    { node: { provisionState: 'enroll', lastError: 'HTTP 401' } },
    failed('HTTP 401'),
  ],
  [
    'verifies again with new credentials',
    { node: { provisionState: 'enroll', lastError: 'HTTP 401' }, more: { credentialsChanged: true } },
    ask({ do: 'verb', verb: 'manage' }),
  ],
  [
    'verifies again once the pause after a failure is over',
    { node: { provisionState: 'enroll', lastError: 'HTTP 401' }, status: { errorType: 'registration error' } },
    ask({ do: 'verb', verb: 'manage' }),
  ],
  [
    'does not take an error of before for the outcome of what has just been changed',
    { node: { provisionState: 'enroll', lastError: 'HTTP 401' }, more: { reconfigured: true } },
    ask({ do: 'verb', verb: 'manage' }),
  ],
  [
    'does not call credentials good that a busy node has not been given yet',
    { status: { triedCredentials: older, goodCredentials: older }, node: { provisionState: 'wait call-back' } },
    undefined,
  ],
  [
    'sends a password only when the Secret has changed',
    { status: { triedCredentials: undefined } },
    ask({ do: 'patch', patch: [{ op: 'add', path: '/driver_info/redfish_password', value: 'secret' }] }),
  ],
  [
    'notices a BMC address that has changed',
    {
      spec: { bmc: { address: 'redfish-virtualmedia://192.0.2.9/redfish/v1/Systems/1', credentialsName: 'bmc' } },
      more: otherAddress(),
    },
    ask({ do: 'patch', patch: [{ op: 'add', path: '/driver_info/redfish_address', value: 'https://192.0.2.9' }] }),
  ],
  [
    'takes settings of the driver back that are no longer wanted',
    { node: { driverInfo: { ...knownInfo(), redfish_verify_ca: false } } },
    ask({ do: 'patch', patch: [{ op: 'remove', path: '/driver_info/redfish_verify_ca' }] }),
  ],
  [
    'keeps settings that are not of the driver',
    { node: { driverInfo: { ...knownInfo(), deploy_kernel: 'http://k' } } },
    undefined,
  ],
  [
    'has a machine whose BMC is reached over IPv6 fetch from an address that it can reach',
    { more: reached(true) },
    ask({ do: 'patch', patch: [{ op: 'add', path: '/driver_info/external_http_url', value: urlV6 }] }),
  ],
  [
    'takes that back where the BMC is reached over IPv4 by now',
    { node: { driverInfo: { ...knownInfo(), external_http_url: urlV6 } }, more: reached(false) },
    ask({ do: 'patch', patch: [{ op: 'remove', path: '/driver_info/external_http_url' }] }),
  ],
  [
    'leaves that alone while nobody knows the address of the BMC',
    { node: { driverInfo: { ...knownInfo(), external_http_url: urlV6 } }, more: reached(undefined) },
    undefined,
  ],
  [
    'switches automated cleaning off where the host says so',
    { spec: { automatedCleaningMode: 'disabled' } },
    ask({ do: 'patch', patch: [{ op: 'add', path: '/automated_clean', value: false }] }),
  ],
  [
    'changes nothing on a node that Ironic is working on',
    { node: { provisionState: 'cleaning', name: 'old' } },
    undefined,
  ],
  [
    'gives the node the network configuration that the host names for its agent',
    { more: { agentNetwork: { kind: 'wanted', data: { links: [] } } } },
    ask({ do: 'patch', patch: [{ op: 'add', path: '/network_data', value: { links: [] } }] }),
  ],
  [
    'does not send a network configuration again that the node has',
    { more: { agentNetwork: { kind: 'wanted', data: { links: [] } } }, node: { networkData: { links: [] } } },
    undefined,
  ],
  [
    'does not send what it could never find again where Ironic does not tell the network configuration',
    { more: { agentNetwork: { kind: 'wanted', data: { links: [] } } }, node: { networkData: undefined } },
    undefined,
  ],
  [
    'leaves a network configuration alone that it does not know of',
    { node: { networkData: { links: [] } } },
    undefined,
  ],
  [
    'says which Secret with network data cannot be used',
    { more: { agentNetwork: { kind: 'unusable', message: 'Secret "net" does not exist' } } },
    failed('Secret "net" does not exist'),
  ],
  ['compares ports with NICs once', { more: { portsEnsured: false } }, { kind: 'ensure-ports' }],
  [
    'leaves the ports of a busy node alone',
    { node: { provisionState: 'inspecting' }, more: { portsEnsured: false } },
    undefined,
  ],
  [
    'names the host whose MAC address it shares',
    { node: null, spec: { bootMACAddress: '52:54:00:00:00:01' }, more: { rival: 'metal~host-2' } },
    failed('conflicts with existing node metal~host-2'),
  ],
  [
    'needs a MAC address when nothing is inspected',
    { node: null, spec: { inspectionMode: 'disabled' } },
    failed('bootMACAddress is missing'),
  ],
  [
    'refuses a hardware profile that does not exist',
    { status: { hardwareProfile: '' }, spec: { hardwareProfile: 'none' } },
    failed('hardware profile "none"'),
  ],
  [
    'confirms credentials that work',
    { status: { goodCredentials: undefined } },
    expect.objectContaining({ kind: 'note' }),
  ],
  [
    'forgets a registration error that is over',
    { status: { errorType: 'registration error' } },
    expect.objectContaining({ kind: 'note', notes: expect.objectContaining({ clearError: true }) }),
  ],
  ['lets a host go whose credentials are gone', { deleting: true, more: { bmc: { kind: 'none' } } }, undefined],
])('%s', (_sentence, options, decision) => {
  expect(decideRegistration(viewOf('available', options))).toEqual(decision);
});

test('a new node carries everything that verification and cleaning need', () => {
  const decision = decideRegistration(viewOf('registering', { node: null, spec: { disablePowerOff: true } }));
  expect(decision).toMatchObject({
    request: {
      body: {
        name: 'metal~host-1',
        driver: 'redfish',
        boot_interface: 'redfish-virtual-media',
        inspect_interface: 'agent',
        automated_clean: true,
        disable_power_off: true,
        driver_info: { redfish_address: 'https://192.0.2.1', redfish_username: 'admin', redfish_password: 'secret' },
        properties: { capabilities: 'boot_mode:uefi', cpu_arch: 'x86_64' },
      },
    },
  } satisfies DeepPartial<Decision>);
});

test('a new node carries the network configuration of its agent from the start', () => {
  const agentNetwork = { kind: 'wanted', data: { links: [{ id: 'card' }] } } as const;
  expect(decideRegistration(viewOf('registering', { node: null, more: { agentNetwork } }))).toMatchObject({
    request: { body: { network_data: { links: [{ id: 'card' }] } } },
  });
});

test('a node enrolled anew during preparation has to be prepared anew', () => {
  const view = viewOf('preparing', {
    node: null,
    status: { provisioning: { raid: { hardwareRAIDVolumes: [], softwareRAIDVolumes: [] } } },
  });
  expect(decideRegistration(view)).toMatchObject({
    then: { status: { provisioning: { rootDeviceHints: undefined, raid: { softwareRAIDVolumes: null } } } },
  });
});

test('old versions of Ironic are not sent fields they do not know', () => {
  const features = { disablePowerOff: false, health: false, abortDeploy: false };
  const decision = decideRegistration(viewOf('registering', { node: null, more: { features } }));
  expect(JSON.stringify(decision)).not.toContain('disable_power_off');
});

function knownInfo() {
  return {
    redfish_address: 'https://192.0.2.1',
    redfish_system_id: '/redfish/v1/Systems/1',
    redfish_username: 'admin',
    redfish_password: '******',
  };
}

/** Where an address for machines behind IPv6 is configured. */
function reached(overV6: boolean | undefined) {
  const { bmc, settings } = viewOf('available');
  if (bmc.kind === 'none') return {};
  return { bmc: { ...bmc, overV6 }, settings: { ...settings, externalUrlV6: urlV6 } };
}

function otherAddress() {
  const { bmc } = viewOf('available');
  if (bmc.kind === 'none') return {};
  return { bmc: { ...bmc, access: { ...bmc.access, address: { ...bmc.access.address, hostname: '192.0.2.9' } } } };
}

type DeepPartial<T> = T extends object ? { [Key in keyof T]?: unknown } : T;

test('another scheme in the address of a host that is not verified yet changes the driver of its node', () => {
  const address = 'ipmi://192.0.2.9:6230';
  const view = viewOf('registering', {
    spec: { bmc: { address, credentialsName: 'bmc' } },
    node: { provisionState: 'enroll', lastError: 'HTTP 404' },
  });
  const decision = decideRegistration(view);
  expect(decision).toMatchObject({ kind: 'ask', request: { do: 'patch' } });
  const { patch } = (decision as { request: { patch: readonly { path: string }[] } }).request;
  expect(patch).toEqual(
    expect.arrayContaining([
      { op: 'add', path: '/driver', value: 'ipmi' },
      { op: 'add', path: '/boot_interface', value: 'ipxe' },
      { op: 'remove', path: '/firmware_interface' },
      { op: 'remove', path: '/driver_info/redfish_address' },
      { op: 'remove', path: '/driver_info/redfish_password' },
      { op: 'add', path: '/driver_info/ipmi_address', value: '192.0.2.9' },
      { op: 'add', path: '/driver_info/ipmi_password', value: 'secret' },
    ]),
  );
});

test('a node that is past verification keeps its driver', () => {
  const decision = decideRegistration(viewOf('available', { node: { bootInterface: 'ipxe' } }));
  expect(decision).toBeUndefined();
});

test('a BMC address that another host has as well is told of when the host is enrolled', () => {
  const decision = decideRegistration(viewOf('registering', { node: null, more: { bmcSharedWith: 'metal/host-2' } }));
  expect(decision).toMatchObject({
    then: { events: [{ reason: 'Registered' }, { reason: 'BMCAddressShared', type: 'Warning' }] },
  });
});
