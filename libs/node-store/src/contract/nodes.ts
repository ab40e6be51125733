import type {
  JsonObject,
  Node,
  NodeEvent,
  NodeStateFields,
  NodeUserFields,
  NodeUuid,
  PowerTarget,
  ProvisionState,
  WorkKind,
} from '@metal3/node';

/** Fields of a new node: what is left out takes Ironic's default (enroll, "", {}, false, null). */
export type NewNode = Pick<NodeUserFields, 'driver'> &
  Partial<NodeUserFields> &
  Partial<Pick<NodeStateFields, 'provisionState' | 'bootMode' | 'secureBoot'>> & { readonly uuid?: NodeUuid };

/** Fields to write; what is left out stays. Secret values that are plain are sealed, sealed ones pass through. */
export type NodePatch = Partial<NodeUserFields & NodeStateFields>;

/** Who asks: kept with every change row. */
export interface Origin {
  /** Principal of the caller ("system:serviceaccount:metal3:bmo", "admin"); null for the services themselves. */
  readonly principal?: string | null;
  /** Retries of an accepted request with the same id within ten minutes change nothing and return the node as it is. */
  readonly requestId?: string;
}

/** An entry of the node's history (GET nodes/{id}/history); written with the change it belongs to. */
export interface HistoryEvent {
  readonly event: string;
  /** "provisioning", "power", "deploying", "cleaning", ...: Ironic's free text of where it came from. */
  readonly eventType: string;
  readonly severity: 'ERROR' | 'INFO';
}

/**
 * Blobs by kind. Config drives are sealed at rest. `bios` and `firmware` are JSON arrays of settings and components as the conductor last
 * read them from the BMC, in the field names of the REST API.
 */
export const blobKinds = ['config-drive', 'inventory', 'plugin-data', 'inspection-data', 'bios', 'firmware'] as const;
export type BlobKind = (typeof blobKinds)[number];
/** Null removes; what is left out stays. */
export type BlobChanges = { readonly [kind in BlobKind]?: Uint8Array | string | null };

/** A verb, accepted: what the conductor has to do and with which arguments. */
export interface WorkOrder {
  readonly kind: WorkKind;
  /** clean_steps, deploy_steps, disable_ramdisk, rescue_password, ...: kept as given until the work ends. */
  readonly args: JsonObject;
  readonly requestedBy?: string | null;
  readonly origin?: WorkOrigin;
}

/** What work belongs to, for logs and traces; kept in its notes under `origin`, and handed on to work that follows. */
export interface WorkOrigin {
  readonly requestId?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}

/** One change of a node outside a lease, all of it in one transaction. */
export interface NodeChange {
  readonly patch?: NodePatch;
  /** Event of the state machine; the new state, target and timestamps follow from the transition table. */
  readonly event?: NodeEvent;
  /** Target that wins over the table's (manual cleaning: "manageable"). */
  readonly target?: ProvisionState;
  /** Begins this work (clears what was left of the work before) and wakes the node. */
  readonly work?: WorkOrder;
  /** Asks for this power change and wakes the node. */
  readonly power?: { readonly target: PowerTarget; readonly timeoutSeconds?: number };
  /** Adds a request to the node's inbox for the conductor (`abort`, `attach-media`, ...) and wakes the node. */
  readonly request?: NodeRequest;
  /** Wakes the node's conductor although no work begins. */
  readonly wake?: boolean;
  readonly traits?: readonly string[];
  readonly blobs?: BlobChanges;
  readonly history?: HistoryEvent;
}

/** Something asked of the conductor besides the work under way; taken from the inbox in order of arrival. */
export interface NodeRequest {
  readonly kind: string;
  readonly args: JsonObject;
}

export interface ChangeOptions extends Origin {
  /** Refuses with NODE-REVISION-CONFLICT when the node has another one. */
  readonly expectedRevision?: number;
  /** What to do while a conductor acts on the node: refuse with NODE-LOCKED (default) or write all the same. */
  readonly whileLeased?: 'refuse' | 'allow';
}

/** Equality filters are by exact value; null asks for null. */
export interface NodeFilter {
  readonly instanceUuid?: string;
  readonly instanceName?: string;
  readonly associated?: boolean;
  readonly maintenance?: boolean;
  readonly retired?: boolean;
  readonly provisionState?: ProvisionState | readonly ProvisionState[];
  readonly driver?: string;
  readonly resourceClass?: string;
  readonly fault?: string;
  readonly conductorGroup?: string;
  readonly owner?: string;
  readonly lessee?: string;
  /** Owner or lessee. */
  readonly project?: string;
  readonly chassisUuid?: string;
  readonly descriptionContains?: string;
  readonly shard?: readonly string[];
  readonly sharded?: boolean;
  /** A parent's UUID: its children only. Without it, and without `includeChildren`, nodes with a parent are hidden. */
  readonly parentNode?: string;
  readonly includeChildren?: boolean;
  readonly reserved?: boolean;
  readonly uuids?: readonly string[];
}

/** Columns a list may be sorted by; ties by `id`. */
export const nodeSortKeys = [
  'id',
  'uuid',
  'name',
  'driver',
  'provisionState',
  'targetProvisionState',
  'powerState',
  'targetPowerState',
  'provisionUpdatedAt',
  'instanceUuid',
  'instanceName',
  'resourceClass',
  'conductorGroup',
  'maintenance',
  'maintenanceReason',
  'fault',
  'health',
  'lastError',
  'owner',
  'lessee',
  'description',
  'shard',
  'parentNode',
  'retired',
  'retiredReason',
  'protected',
  'protectedReason',
  'automatedClean',
  'bootMode',
  'secureBoot',
  'consoleEnabled',
  'disablePowerOff',
  'chassisUuid',
  'createdAt',
  'updatedAt',
  'inspectionStartedAt',
  'inspectionFinishedAt',
] as const;
export type NodeSortKey = (typeof nodeSortKeys)[number];

export interface ListOptions<SortKey extends string, Filter> {
  readonly filter?: Filter;
  readonly sortKey?: SortKey;
  readonly sortDir?: 'asc' | 'desc';
  /** UUID of the last item of the page before; MARKER-NOT-FOUND when there is no such item. */
  readonly marker?: string;
  /** At most this many; all when left out. */
  readonly limit?: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** UUID to pass as `marker` for the next page; undefined on the last. */
  readonly next: string | undefined;
}

export interface NodeRepository {
  /** @throws NODE-DUPLICATE (uuid, name, instanceUuid) */
  create(fields: NewNode, origin?: Origin): Promise<Node>;
  /** By UUID or name. @throws NODE-NOT-FOUND */
  get(ident: string): Promise<Node>;
  find(ident: string): Promise<Node | undefined>;
  findByInstanceUuid(instanceUuid: string): Promise<Node | undefined>;
  /** Distinct nodes that own a port with one of these addresses; an agent's lookup is right only when there is exactly one. */
  findByAddresses(addresses: readonly string[]): Promise<readonly Node[]>;
  list(options?: ListOptions<NodeSortKey, NodeFilter>): Promise<Page<Node>>;
  /** Nodes per provision state, for metrics and concurrency limits. */
  countByState(): Promise<ReadonlyMap<ProvisionState, number>>;

  /**
   * The one way of writing outside a lease: `decide` sees the node inside the transaction and says what to change (it must be pure and
   * synchronous; what it throws ends the transaction and reaches the caller). Undefined means nothing to change.
   *
   * @throws NODE-NOT-FOUND, NODE-LOCKED, NODE-REVISION-CONFLICT, NODE-DUPLICATE, TransitionRefused (of @metal3/node)
   */
  change(ident: string, decide: (node: Node) => NodeChange | undefined, options?: ChangeOptions): Promise<Node>;

  /**
   * Removes the node and everything it owns; leaves a tombstone in the change log. `check` may refuse by throwing.
   * @throws NODE-NOT-FOUND, NODE-LOCKED, NODE-REVISION-CONFLICT
   */
  delete(ident: string, check?: (node: Node) => void, options?: ChangeOptions): Promise<void>;
}

export interface BlobRepository {
  get(nodeUuid: string, kind: BlobKind): Promise<Buffer | undefined>;
  /** Whether there is one, without reading it. */
  has(nodeUuid: string, kind: BlobKind): Promise<boolean>;
  /** Outside a change of the node; within one use `NodeChange.blobs`. */
  put(nodeUuid: string, kind: BlobKind, content: Uint8Array | string): Promise<void>;
  delete(nodeUuid: string, kind: BlobKind): Promise<void>;
}
