import type { MacAddress, NodeUuid, PortUuid } from './ids.ts';
import type { NodeInterfaces } from './interfaces.ts';
import type { JsonObject } from './json.ts';
import type { Fault, PowerState, PowerTarget, ProvisionState } from './states.ts';
import type { NodeStep } from './steps.ts';

/** Milliseconds since the epoch, by the database's clock. */
export type Timestamp = number;

/** What a client may set through POST and PATCH. Names are Ironic's, in camel case. */
export interface NodeUserFields {
  readonly name: string | null;
  readonly driver: string;
  /** Values under secret keys are sealed (see `isSealed` of the store): they pass through PATCH unread and are masked on output. */
  readonly driverInfo: JsonObject;
  readonly instanceInfo: JsonObject;
  readonly properties: JsonObject;
  readonly extra: JsonObject;
  readonly networkData: JsonObject;
  readonly interfaces: NodeInterfaces;
  readonly instanceUuid: string | null;
  readonly instanceName: string | null;
  readonly chassisUuid: string | null;
  readonly resourceClass: string | null;
  /** Lower case; "" is the default group. */
  readonly conductorGroup: string;
  readonly maintenance: boolean;
  /** Null: as configured for the conductor. */
  readonly automatedClean: boolean | null;
  readonly protected: boolean;
  readonly protectedReason: string | null;
  readonly retired: boolean;
  readonly retiredReason: string | null;
  readonly owner: string | null;
  readonly lessee: string | null;
  readonly description: string | null;
  readonly shard: string | null;
  readonly parentNode: NodeUuid | null;
  readonly disablePowerOff: boolean;
  readonly consoleEnabled: boolean;
}

/** What the state machine, the conductor and the agent set. */
export interface NodeStateFields {
  readonly provisionState: ProvisionState;
  readonly targetProvisionState: ProvisionState | null;
  readonly provisionUpdatedAt: Timestamp | null;
  readonly powerState: PowerState | null;
  readonly targetPowerState: PowerTarget | null;
  readonly bootMode: string | null;
  readonly secureBoot: boolean | null;
  readonly lastError: string | null;
  readonly maintenanceReason: string | null;
  readonly fault: Fault | null;
  readonly health: string | null;
  readonly cleanStep: NodeStep | null;
  readonly deployStep: NodeStep | null;
  readonly serviceStep: NodeStep | null;
  readonly raidConfig: JsonObject;
  readonly targetRaidConfig: JsonObject;
  readonly inspectionStartedAt: Timestamp | null;
  readonly inspectionFinishedAt: Timestamp | null;
  /** The conductor's visible notes (Ironic's names: `deploy_steps`, `clean_step_index`, `is_whole_disk_image`, ...); no secrets. */
  readonly driverInternalInfo: JsonObject;
  /** What goes on now, for people: "writing image 43%". */
  readonly progress: string | null;
  readonly allocationUuid: string | null;
}

/** The agent that runs on the machine, as it last presented itself; its token never leaves the store. */
export interface NodeAgent {
  readonly url: string | null;
  readonly version: string | null;
  /** PEM of the agent's own certificate authority. */
  readonly verifyCa: string | null;
  readonly tokenIssued: boolean;
  /** The token was put on the boot medium, so it outlives power actions. */
  readonly tokenPregenerated: boolean;
  readonly status: string | null;
  readonly statusMessage: string | null;
  readonly lastHeartbeat: Timestamp | null;
}

/**
 * One node as the store gives it out: immutable, and the very same object until something in it changes, so a rendering of it may
 * be kept in a WeakMap.
 */
export interface Node extends NodeUserFields, NodeStateFields {
  /** Integer key that lists are ordered by; never shown. */
  readonly id: number;
  readonly uuid: NodeUuid;
  /** Grows by one with every accepted change; heartbeats and leases leave it alone. */
  readonly revision: number;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp | null;
  readonly traits: readonly string[];
  readonly agent: NodeAgent | null;
  /** Host of the conductor that acts on the node now; null when free. */
  readonly reservation: string | null;
  /** A config drive is stored (`blobs`, kind "config-drive"); REST shows a masked `instance_info.configdrive`. */
  readonly hasConfigDrive: boolean;
}

export interface PortUserFields {
  readonly address: MacAddress;
  readonly name: string | null;
  readonly description: string | null;
  readonly pxeEnabled: boolean;
  readonly localLinkConnection: JsonObject;
  readonly physicalNetwork: string | null;
  readonly portgroupUuid: string | null;
  readonly isSmartnic: boolean;
  readonly vendor: string | null;
  readonly category: string | null;
  readonly availableForDynamicPortgroup: boolean;
  readonly extra: JsonObject;
}

export interface Port extends PortUserFields {
  readonly id: number;
  readonly uuid: PortUuid;
  readonly nodeUuid: NodeUuid;
  readonly internalInfo: JsonObject;
  readonly revision: number;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp | null;
}
