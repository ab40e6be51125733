import type {
  BareMetalHost,
  BareMetalHostStatus,
  DataImage,
  HardwareData,
  HostFirmwareComponents,
  HostFirmwareSettings,
  HostUpdatePolicy,
  PreprovisioningImage,
} from '@metal3/metal3-api';
import type { BmcAccess, BmcCredentials } from '../bmc/access.ts';
import type { Instant, JsonObject } from '../kernel.ts';
import type { NodeInventory, NodeSnapshot } from '../provisioner/node.ts';
import type { ProvisionerFeatures } from '../provisioner/ports.ts';
import { annotations } from './annotations.ts';
import type { MediaObservation, MediaRequest } from './data-image/decide.ts';
import type { ErrorType } from './decision.ts';
import type { ProvisioningState } from './states.ts';

/** Everything a decision about a host may depend on. Rebuilt after each action of a pass. */
export interface HostView {
  readonly host: BareMetalHost;
  /** As it will be written at the end of the pass. */
  readonly status: BareMetalHostStatus;
  readonly state: ProvisioningState;
  readonly deleting: boolean;
  readonly bmc: BmcObservation;
  readonly hardwareData: HardwareData | undefined;
  readonly node: NodeSnapshot | undefined;
  /** Name of another host's node that has this host's boot MAC address. */
  readonly rival: string | undefined;
  /** Name of another host that names the very same BMC. */
  readonly bmcSharedWith: string | undefined;
  readonly agentNetwork: AgentNetwork;
  /** undefined: not read in this pass. */
  readonly inventory: NodeInventory | 'absent' | undefined;
  readonly firmware: HostFirmware;
  /** BIOS settings of the machine as Ironic has them, by name; undefined: not read in this pass. */
  readonly biosSettings: ReadonlyMap<string, string> | undefined;
  /** BIOS settings that this program has had applied, as `biosFingerprint` writes them. */
  readonly biosApplied: string | undefined;
  /** The image that is built for this host's agent, where images are built for each host. */
  readonly preprovisioningImage: PreprovisioningImage | undefined;
  /** An image that the host is to have in a virtual drive besides the one it boots from. */
  readonly dataImage: DataImage | undefined;
  /** undefined: not read in this pass. */
  readonly media: MediaObservation | undefined;
  readonly mediaAsked: MediaRequest | undefined;
  /** The ports of the node have been compared with the NICs known now. */
  readonly portsEnsured: boolean;
  /** The Secret is not the one that was tried last, seen at the beginning of the pass. */
  readonly credentialsChanged: boolean;
  /** The node has been changed in this pass: an error it carries is of before. */
  readonly reconfigured: boolean;
  /** The last power change asked for since this program started, if any. */
  readonly powerAsked: 'on' | 'off' | undefined;
  /** Keys of reboot annotations that a host which is never powered off has been rebooted for. */
  readonly rebootsServed: readonly string[];
  /** Whether Ironic may become busy with one more host; undefined: not counted in this pass. */
  readonly hasCapacity: boolean | undefined;
  readonly features: ProvisionerFeatures;
  readonly settings: HostSettings;
  readonly now: Instant;
}

export interface HostFirmware {
  readonly settings: HostFirmwareSettings | undefined;
  readonly components: HostFirmwareComponents | undefined;
  /** When it may be changed on a machine that is in use; without one it is left alone. */
  readonly policy: HostUpdatePolicy | undefined;
}

/** What is known of the way to the BMC. `none` while deleting without a usable Secret. */
export type BmcObservation =
  | {
      readonly kind: 'known';
      readonly access: BmcAccess;
      readonly credentials: BmcCredentials;
      readonly secret: SecretVersion;
      /** Whether the BMC is reached over IPv6; undefined where nobody needs to know, or its name cannot be resolved now. */
      readonly overV6?: boolean | undefined;
    }
  | { readonly kind: 'none' };

/** The network configuration that a host wants its agent to have, from the Secret of `spec.preprovisioningNetworkDataName`. */
export type AgentNetwork =
  /** The host names no Secret: what the node has is left alone. */
  | { readonly kind: 'unsaid'; readonly version?: string }
  | { readonly kind: 'wanted'; readonly data: JsonObject; readonly version?: string }
  | { readonly kind: 'unusable'; readonly message: string };

export interface SecretVersion {
  readonly name: string;
  readonly namespace: string;
  readonly resourceVersion: string;
}

/** Configuration that decisions depend on. */
export interface HostSettings {
  readonly deployImage: DeployImageSettings;
  readonly provisioningNetworkDisabled: boolean;
  /** 0: no limit. */
  readonly maxProvisioningRetries: number;
  readonly forcePersistentBootDevice: { readonly liveIso: string; readonly directDeploy: string };
  /** Architecture assumed of a host that nothing is known about. */
  readonly ownArchitecture: string;
  readonly externalUrlV6: string;
  /** Agents boot images that are built for each host (PreprovisioningImage), not those of `deployImage`. */
  readonly buildsImages: boolean;
}

export interface DeployImageSettings {
  readonly kernelUrl: string;
  readonly ramdiskUrl: string;
  readonly isoUrl: string;
}

/** A failed operation is tried again; a pass only gets here when its back-off is over or something relevant has changed. */
export function retrying(view: HostView, type: ErrorType): boolean {
  return view.status.errorType === type;
}

export function inspectionDisabled({ spec, metadata }: BareMetalHost): boolean {
  return spec.inspectionMode === 'disabled' || metadata.annotations?.[annotations.inspect] === 'disabled';
}

export function reinspectionRequested({ metadata }: BareMetalHost): boolean {
  const value = metadata.annotations?.[annotations.inspect];
  return value !== undefined && value !== 'disabled';
}

export function wasProvisioned(status: BareMetalHostStatus): boolean {
  return Boolean(status.provisioning.image?.url) || Boolean(status.provisioning.customDeploy?.method);
}

/** `namespace/name`, as people and logs call a host. */
export function hostName({ metadata }: BareMetalHost): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
}

/** `namespace~name`, the name of a host's node. */
export function nodeNameOf({ metadata }: BareMetalHost): string {
  return `${metadata.namespace ?? ''}~${metadata.name ?? ''}`;
}

export function cleaningWanted({ spec }: BareMetalHost): boolean {
  return spec.automatedCleaningMode !== 'disabled';
}
