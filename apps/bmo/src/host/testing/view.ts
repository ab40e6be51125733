import type { BareMetalHost, BareMetalHostSpec, BareMetalHostStatus } from '@metal3/metal3-api';
import { bmcAccess } from '../../bmc/access.ts';
import type { NodeSnapshot } from '../../provisioner/node.ts';
import { snapshotOf } from '../../provisioner/adapters/rest-nodes.ts';
import type { ProvisioningState } from '../states.ts';
import { changed, emptyStatus } from '../status.ts';
import type { StatusChange } from '../decision.ts';
import type { HostSettings, HostView } from '../view.ts';

export const now = Date.UTC(2026, 0, 1) / 1000;

export const hostSettings: HostSettings = {
  deployImage: { kernelUrl: '', ramdiskUrl: '', isoUrl: '' },
  provisioningNetworkDisabled: false,
  maxProvisioningRetries: 3,
  forcePersistentBootDevice: { liveIso: '', directDeploy: '' },
  ownArchitecture: 'x86_64',
  externalUrlV6: '',
  buildsImages: false,
};

export interface ViewOptions {
  readonly spec?: Partial<BareMetalHostSpec>;
  readonly annotations?: Record<string, string>;
  readonly status?: StatusChange;
  /** null: the host has no node. */
  readonly node?: Partial<NodeSnapshot> | null;
  readonly deleting?: boolean;
  readonly more?: Partial<HostView>;
}

const secret = { name: 'bmc', namespace: 'metal', resourceVersion: '7' };
const goodCredentials = { credentials: { name: 'bmc', namespace: 'metal' }, credentialsVersion: '7' };

/** A host that was enrolled and confirmed, with its node at rest in Ironic as its state implies, for tables to vary. */
export function viewOf(state: ProvisioningState, options: ViewOptions = {}): HostView {
  const { spec = {}, annotations, status = {}, node = {}, deleting = false, more = {} } = options;
  const host: BareMetalHost = {
    apiVersion: 'metal3.io/v1alpha1',
    kind: 'BareMetalHost',
    metadata: {
      name: 'host-1',
      namespace: 'metal',
      uid: 'uid-1',
      generation: 1,
      ...(annotations === undefined ? {} : { annotations }),
      ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
    },
    spec: {
      online: true,
      bmc: { address: 'redfish-virtualmedia://192.0.2.1/redfish/v1/Systems/1', credentialsName: 'bmc' },
      ...spec,
    },
  };
  const confirmed: BareMetalHostStatus = changed(emptyStatus(), {
    operationalStatus: 'OK',
    hardwareProfile: 'unknown',
    triedCredentials: goodCredentials,
    goodCredentials,
    poweredOn: true,
    provisioning: { state, ID: 'node-1', bootMode: 'UEFI', rootDeviceHints: { deviceName: '/dev/sda' } },
  });
  return {
    host,
    status: changed(confirmed, status),
    state,
    deleting,
    bmc: bmcOf(host.spec.bmc?.address ?? ''),
    hardwareData: undefined,
    node: node === null ? undefined : nodeOf(node),
    rival: undefined,
    agentNetwork: { kind: 'unsaid' },
    bmcSharedWith: undefined,
    inventory: undefined,
    firmware: { settings: undefined, components: undefined, policy: undefined },
    biosSettings: undefined,
    biosApplied: undefined,
    preprovisioningImage: undefined,
    dataImage: undefined,
    media: undefined,
    mediaAsked: undefined,
    portsEnsured: true,
    credentialsChanged: false,
    reconfigured: false,
    powerAsked: undefined,
    rebootsServed: [],
    hasCapacity: undefined,
    features: { disablePowerOff: true, health: true, abortDeploy: true },
    settings: hostSettings,
    now,
    ...more,
  };
}

function bmcOf(address: string): HostView['bmc'] {
  if (address === '') return { kind: 'none' };
  return { kind: 'known', access: bmcAccess(address), credentials: { username: 'admin', password: 'secret' }, secret };
}

/** A node as registration leaves it. */
export function nodeOf(change: Partial<NodeSnapshot> = {}): NodeSnapshot {
  return {
    ...snapshotOf({
      uuid: 'node-1',
      name: 'metal~host-1',
      driver: 'redfish',
      provision_state: 'manageable',
      power_state: 'power on',
      automated_clean: true,
      disable_power_off: false,
      driver_info: {
        redfish_address: 'https://192.0.2.1',
        redfish_system_id: '/redfish/v1/Systems/1',
        redfish_username: 'admin',
        redfish_password: '******',
      },
      properties: { capabilities: 'boot_mode:uefi', cpu_arch: 'x86_64' },
      network_data: {},
      inspect_interface: 'agent',
      boot_interface: 'redfish-virtual-media',
      deploy_interface: 'direct',
    }),
    ...change,
  };
}
