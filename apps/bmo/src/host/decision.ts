import type {
  BareMetalHostStatus,
  DataImageStatus,
  FirmwareUpdate,
  HardwareDetails,
  PreprovisioningImageSpec,
} from '@metal3/metal3-api';
import type { JsonObject, Seconds } from '../kernel.ts';
import type { NodePatch, PowerTarget, ProvisionVerb } from '../provisioner/node.ts';
import type { MediaRequest } from './data-image/decide.ts';
import type { HostEvent } from './events.ts';
import type { ProvisioningState } from './states.ts';

export type ErrorType = NonNullable<BareMetalHostStatus['errorType']>;

/**
 * What is to happen next with a host, as data. Every decider gives one; `pass.ts` carries it out and, for those marked *again*,
 * decides anew with what has been learned.
 */
export type Decision =
  /** Ask something of the node. *again* */
  | { readonly kind: 'ask'; readonly request: NodeRequest; readonly then?: Notes }
  /** Remember something, or change the host's annotations. *again* */
  | { readonly kind: 'note'; readonly notes: Notes }
  /** Read the inventory of the node. *again* */
  | { readonly kind: 'read-inventory' }
  /** Read which BIOS settings the machine has. *again* */
  | { readonly kind: 'read-bios' }
  /** See what is in the virtual drives of the machine. *again* */
  | { readonly kind: 'read-media' }
  /** Ask for an image of the agent for this host. *again* */
  | { readonly kind: 'keep-image'; readonly spec: PreprovisioningImageSpec }
  /** Keep what inspection found; the state's work is done with that. *again*, in the next state */
  | { readonly kind: 'publish-hardware'; readonly details: HardwareDetails; readonly to: ProvisioningState }
  /** Count how many hosts Ironic is busy with. *again* */
  | { readonly kind: 'count-busy' }
  /** Gather image, secrets and steps, and ask for deployment. *again* */
  | { readonly kind: 'deploy' }
  /** Make sure that the node has a port per NIC. *again* */
  | { readonly kind: 'ensure-ports' }
  /** Let go of everything held for the host. The end. */
  | { readonly kind: 'release' }
  /** This state's work is done. *again*, in the next state */
  | { readonly kind: 'advance'; readonly to: ProvisioningState; readonly notes?: Notes }
  /** Nothing to do until the node or the host changes; looked at again after `recheckIn` in any case. */
  | { readonly kind: 'wait'; readonly reason: string; readonly recheckIn: Seconds; readonly notes?: Notes }
  /** Say what went wrong and back off. */
  | { readonly kind: 'fail'; readonly type: ErrorType; readonly message: string; readonly notes?: Notes };

export type NodeRequest =
  | { readonly do: 'create'; readonly body: JsonObject }
  | { readonly do: 'patch'; readonly patch: NodePatch }
  | { readonly do: 'verb'; readonly verb: ProvisionVerb; readonly args?: JsonObject }
  | { readonly do: 'power'; readonly target: PowerTarget; readonly timeoutSeconds?: number }
  | { readonly do: 'raid'; readonly config: JsonObject }
  | { readonly do: 'maintenance'; readonly on: boolean; readonly reason?: string }
  | { readonly do: 'attach-media'; readonly url: string }
  | { readonly do: 'detach-media' }
  | { readonly do: 'delete' };

/** Side results of a decision. */
export interface Notes {
  /** Fields of the status to set; `provisioning` is merged, everything else replaced; undefined removes. */
  readonly status?: StatusChange;
  readonly events?: readonly HostEvent[];
  /** Annotations to take off the host. */
  readonly dropAnnotations?: readonly string[];
  /** The recorded error is over. */
  readonly clearError?: true;
  readonly metrics?: readonly HostMetric[];
  /** Firmware updates that have been begun, to be put on record; none when they failed. */
  readonly firmwareUpdates?: readonly FirmwareUpdate[];
  /** BIOS settings that are being applied; empty: none any more. */
  readonly biosApplied?: string;
  /** What the host's DataImage is to say. */
  readonly dataImage?: DataImageStatus;
  /** What has been asked of the virtual drive; nothing any more once that has come about, or failed. */
  readonly mediaAsked?: MediaRequest | 'nothing';
}

export type StatusChange = {
  readonly [Field in Exclude<keyof BareMetalHostStatus, 'provisioning'>]?: BareMetalHostStatus[Field] | undefined;
} & {
  readonly provisioning?: {
    readonly [Field in keyof BareMetalHostStatus['provisioning']]?:
      BareMetalHostStatus['provisioning'][Field] | undefined;
  };
};

/** Counters that only a decision knows about; those of state changes and errors are counted where they are recorded. */
export type HostMetric =
  | {
      readonly counter: 'unmanaged' | 'credentialsUpdated' | 'deleteWithoutDeprovisioning' | 'deleteDelayedForDetached';
    }
  | { readonly counter: 'powerChange'; readonly to: 'on' | 'off' }
  | { readonly counter: 'delayed'; readonly operation: 'provisioning' | 'deprovisioning' };

/** Changes of the node wake the host by themselves; this is for the case that one was missed. */
export const safetyNet: Seconds = 60;

export function waitFor(reason: string, notes?: Notes): Decision {
  return { kind: 'wait', reason, recheckIn: safetyNet, ...(notes === undefined ? {} : { notes }) };
}
