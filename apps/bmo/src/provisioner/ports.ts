import type { JsonObject } from '../kernel.ts';
import type { NodeBmc } from './bmc.ts';
import type { NodeFirmware } from './firmware.ts';
import type {
  NodeActivity,
  NodeInventory,
  NodePatch,
  NodePort,
  NodeSnapshot,
  PowerTarget,
  ProvisionVerb,
} from './node.ts';

/**
 * What BMO needs of Ironic. Two adapters (gRPC to ironic-api, REST to any Ironic) and one conformance suite; what is asked of
 * a node is decided without knowing which one is in use.
 *
 * Every call that changes something answers with the node as it is afterwards, and is refused as `busy` rather than applied to a
 * node that has moved on, where the adapter can tell.
 *
 * @throws ProvisionerError from every method
 */
export interface Provisioner extends NodeBmc {
  /** What this Ironic can do. Known once `changes` has delivered its first event. */
  readonly features: ProvisionerFeatures;

  /** By UUID or name; undefined when there is none. May be served from what `changes` has delivered. */
  findNode(ident: string): Promise<NodeSnapshot | undefined>;
  createNode(body: JsonObject): Promise<NodeSnapshot>;
  patchNode(node: NodeSnapshot, patch: NodePatch): Promise<NodeSnapshot>;
  /** Deleting what is gone already is fine. */
  deleteNode(node: NodeSnapshot): Promise<void>;

  /** Accepted, not done: the outcome shows in later snapshots. */
  setProvisionState(node: NodeSnapshot, verb: ProvisionVerb, args?: JsonObject): Promise<NodeSnapshot>;
  setPowerState(node: NodeSnapshot, target: PowerTarget, timeoutSeconds?: number): Promise<NodeSnapshot>;
  setMaintenance(node: NodeSnapshot, maintenance: boolean, reason?: string): Promise<NodeSnapshot>;

  /** Says which volumes the next raid.create_configuration step is to make. */
  setTargetRaid(node: NodeSnapshot, config: JsonObject): Promise<NodeSnapshot>;

  /** Reasons why the node cannot boot or be deployed to; empty when it can. */
  validate(node: NodeSnapshot): Promise<readonly string[]>;
  /** undefined when the node has not been inspected. */
  findInventory(node: NodeSnapshot): Promise<NodeInventory | undefined>;

  /** BIOS settings and firmware versions as Ironic last read them; it does so whenever it has changed them. */
  readFirmware(node: NodeSnapshot): Promise<NodeFirmware>;

  listPorts(filter: { readonly nodeUuid?: string; readonly address?: string }): Promise<readonly NodePort[]>;
  createPort(port: {
    readonly nodeUuid: string;
    readonly address: string;
    readonly pxeEnabled: boolean;
  }): Promise<void>;

  /** Every node, for counting. */
  listActivity(): Promise<readonly NodeActivity[]>;

  /**
   * Tells which nodes have changed, forever, through restarts of Ironic. `synced` follows once everything that exists has been
   * named after a (re)connection; `lost` says that Ironic cannot be reached, until the next `synced`. One at a time may follow
   * (`followedByMany` serves more).
   */
  changes(signal: AbortSignal): AsyncIterable<NodeChange>;

  /** What Ironic is doing with a node, in words, if it says so and we know without asking; else empty. */
  progressOf(uuid: string): string;
}

export type NodeChange =
  | { readonly kind: 'changed'; readonly uuid: string; readonly name: string; readonly provisionState: string }
  | { readonly kind: 'deleted'; readonly uuid: string; readonly name: string }
  | { readonly kind: 'synced' }
  | { readonly kind: 'lost'; readonly reason: string };

export interface ProvisionerFeatures {
  /** Fields and actions of later Ironic API versions. */
  readonly disablePowerOff: boolean;
  readonly health: boolean;
  readonly abortDeploy: boolean;
}
