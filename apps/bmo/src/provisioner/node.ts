import type { Instant, Json, JsonObject } from '../kernel.ts';

/** One Ironic node as BMO sees it, whichever adapter read it. Secrets in it are masked. */
export interface NodeSnapshot {
  readonly uuid: string;
  /** Empty when the node has none. */
  readonly name: string;
  /** Grows with every change; 0 when the adapter cannot tell. */
  readonly revision: bigint;
  readonly driver: string;
  readonly provisionState: string;
  readonly targetProvisionState: string;
  /** "power on", "power off", "error", or empty while unknown. */
  readonly powerState: string;
  readonly targetPowerState: string;
  readonly maintenance: boolean;
  readonly fault: string;
  readonly lastError: string;
  readonly instanceUuid: string;
  /** undefined: Ironic's own default applies. */
  readonly automatedClean: boolean | undefined;
  readonly disablePowerOff: boolean;
  readonly inspectionFinishedAt: Instant | undefined;
  /** "OK", "Warning", "Critical" or empty. */
  readonly health: string;
  readonly driverInfo: JsonObject;
  readonly instanceInfo: JsonObject;
  readonly properties: JsonObject;
  /** Network configuration of the agent, empty when it asks DHCP; undefined where Ironic does not tell. */
  readonly networkData: JsonObject | undefined;
  /** Name of a step in flight, empty between steps. */
  readonly cleanStep: string;
  readonly bootInterface: string;
  readonly deployInterface: string;
  readonly inspectInterface: string;
  readonly raidInterface: string;
  /** What the next making of RAID volumes is to make. */
  readonly targetRaid: JsonObject;
  /** What Ironic is doing with the machine, for people: "writing image 43%". Empty if it does not say. */
  readonly progress: string;
}

/** A wanted change of one field. Ironic accepts `add` for fields that exist as well. */
export type NodePatchOperation =
  | { readonly op: 'add'; readonly path: string; readonly value: Json }
  | { readonly op: 'remove'; readonly path: string };

export type NodePatch = readonly NodePatchOperation[];

export type ProvisionVerb =
  'manage' | 'inspect' | 'provide' | 'clean' | 'service' | 'active' | 'deleted' | 'abort' | 'adopt';

export type PowerTarget = 'power on' | 'power off' | 'rebooting' | 'soft power off' | 'soft rebooting';

export interface NodePort {
  readonly uuid: string;
  readonly nodeUuid: string;
  readonly address: string;
}

/** A node with just enough to count what is under way. */
export type NodeActivity = Pick<NodeSnapshot, 'uuid' | 'name' | 'provisionState' | 'bootInterface'>;

/** What `GET nodes/{uuid}/inventory` answers. */
export interface NodeInventory {
  readonly inventory: JsonObject;
  readonly pluginData: JsonObject;
}
