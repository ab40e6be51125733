import type { Generated } from 'kysely';

/** Columns of the tables, as Kysely types. Booleans are 0 and 1, instants are milliseconds, free-form fields are JSON text. */
export interface Tables {
  node: NodeTable;
  node_agent: NodeAgentTable;
  node_work: NodeWorkTable;
  node_request: NodeRequestTable;
  node_effect: NodeEffectTable;
  node_blob: NodeBlobTable;
  node_change: NodeChangeTable;
  change_counter: ChangeCounterTable;
  port: PortTable;
  conductor: ConductorTable;
  boot_entry: BootEntryTable;
  request_seen: RequestSeenTable;
  record: RecordTable;
  schema_meta: SchemaMetaTable;
}

export interface RecordTable {
  id: Generated<number>;
  kind: string;
  uuid: string;
  name: string | null;
  address: string | null;
  node_id: number | null;
  body: string;
  created_at: number;
  updated_at: number | null;
}

export interface NodeTable {
  id: Generated<number>;
  uuid: string;
  revision: number;
  name: string | null;
  driver: string;
  driver_info: string;
  instance_info: string;
  properties: string;
  extra: string;
  network_data: string;
  interfaces: string;
  traits: string;
  instance_uuid: string | null;
  instance_name: string | null;
  chassis_uuid: string | null;
  resource_class: string | null;
  conductor_group: string;
  maintenance: number;
  automated_clean: number | null;
  protected: number;
  protected_reason: string | null;
  retired: number;
  retired_reason: string | null;
  owner: string | null;
  lessee: string | null;
  description: string | null;
  shard: string | null;
  parent_node: string | null;
  disable_power_off: number;
  console_enabled: number;
  provision_state: string;
  target_provision_state: string | null;
  provision_updated_at: number | null;
  power_state: string | null;
  target_power_state: string | null;
  boot_mode: string | null;
  secure_boot: number | null;
  last_error: string | null;
  maintenance_reason: string | null;
  fault: string | null;
  health: string | null;
  clean_step: string | null;
  deploy_step: string | null;
  service_step: string | null;
  raid_config: string;
  target_raid_config: string;
  inspection_started_at: number | null;
  inspection_finished_at: number | null;
  driver_internal_info: string;
  progress: string | null;
  allocation_uuid: string | null;
  has_config_drive: number;
  created_at: number;
  updated_at: number | null;
}

/** Written by heartbeats, lookups and, under a lease, by conductors. */
export interface NodeAgentTable {
  node_id: number;
  url: string | null;
  version: string | null;
  verify_ca: string | null;
  token: string | null;
  token_pregenerated: number;
  status: string | null;
  status_message: string | null;
  last_heartbeat: number | null;
  touch: number;
}

/** Written by whoever wakes a node and by the holder of its lease. `due_at` is when the node may be claimed; null: never. */
export interface NodeWorkTable {
  node_id: number;
  conductor_group: string;
  kind: string | null;
  args: string;
  requested_by: string | null;
  context: string;
  power_target: string | null;
  power_timeout: number | null;
  power_requested_at: number | null;
  wake_seq: number;
  done_seq: number;
  wait_kind: string | null;
  wake_at: number | null;
  deadline: number | null;
  due_at: number | null;
  lease_owner: string | null;
  lease_token: string | null;
  lease_expires: number | null;
  lease_dirty: number;
  touch: number;
}

export interface NodeRequestTable {
  id: Generated<number>;
  node_id: number;
  kind: string;
  args: string;
  requested_at: number;
}

export interface NodeEffectTable {
  id: string;
  node_id: number;
  kind: string;
  intent: string;
  outcome: string | null;
  intended_at: number;
  settled_at: number | null;
}

export interface NodeBlobTable {
  node_id: number;
  kind: string;
  content: Uint8Array;
}

export interface NodeChangeTable {
  seq: number;
  uuid: string;
  topic: string;
  kind: string;
  node_id: number;
  node_uuid: string;
  revision: number;
  at: number;
  provision_state: string | null;
  target_provision_state: string | null;
  principal: string | null;
  conductor: string | null;
  event: string | null;
  event_type: string | null;
  severity: string | null;
}

/** One row: the epoch of the store, the last sequence given out, and the last one trimmed. */
export interface ChangeCounterTable {
  id: number;
  epoch: string;
  seq: number;
  trimmed_seq: number;
}

export interface PortTable {
  id: Generated<number>;
  uuid: string;
  node_id: number;
  revision: number;
  address: string;
  name: string | null;
  description: string | null;
  pxe_enabled: number;
  local_link_connection: string;
  physical_network: string | null;
  portgroup_uuid: string | null;
  is_smartnic: number;
  vendor: string | null;
  category: string | null;
  available_for_dynamic_portgroup: number;
  extra: string;
  internal_info: string;
  created_at: number;
  updated_at: number | null;
}

export interface ConductorTable {
  id: Generated<number>;
  hostname: string;
  rpc_address: string;
  conductor_groups: string;
  drivers: string;
  online: number;
  created_at: number;
  updated_at: number;
}

export interface BootEntryTable {
  node_id: number;
  revision: number;
  entry: string;
}

export interface RequestSeenTable {
  request_id: string;
  at: number;
}

export interface SchemaMetaTable {
  id: number;
  version: number;
  min_reader: number;
}
