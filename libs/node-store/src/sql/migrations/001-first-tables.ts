import { sql, type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely } from 'kysely';
import type { Database } from '../database.ts';
import type { Migration } from '../migrate.ts';
import type { Tables } from '../schema.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const flag = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo(0);
const counter = flag;
const json = (column: ColumnDefinitionBuilder) => column.notNull().defaultTo('{}');

/** An integer key that SQLite never gives out twice and PostgreSQL generates. */
function withKey<Name extends string>(table: CreateTableBuilder<Name>, dialect: Database['dialect']) {
  return dialect === 'sqlite'
    ? table.addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    : table.addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity());
}

const ownedByNode = (column: ColumnDefinitionBuilder) => column.notNull().references('node.id').onDelete('cascade');
const ownedOnceByNode = (column: ColumnDefinitionBuilder) =>
  column.primaryKey().references('node.id').onDelete('cascade');

export const firstTables: Migration = {
  version: 1,
  minReader: 1,
  statements(db, dialect) {
    return [
      ...nodeTables(db, dialect),
      ...workTables(db, dialect),
      ...logTables(db, dialect),
      ...otherTables(db, dialect),
    ];
  },
};

function nodeTables(db: Kysely<Tables>, dialect: Database['dialect']) {
  return [
    withKey(db.schema.createTable('node'), dialect)
      .addColumn('uuid', 'varchar(36)', required)
      .addColumn('revision', 'bigint', required)
      .addColumn('name', 'text')
      .addColumn('driver', 'text', required)
      .addColumn('driver_info', 'text', json)
      .addColumn('instance_info', 'text', json)
      .addColumn('properties', 'text', json)
      .addColumn('extra', 'text', json)
      .addColumn('network_data', 'text', json)
      .addColumn('interfaces', 'text', json)
      .addColumn('traits', 'text', (column) => column.notNull().defaultTo('[]'))
      .addColumn('instance_uuid', 'varchar(36)')
      .addColumn('instance_name', 'text')
      .addColumn('chassis_uuid', 'varchar(36)')
      .addColumn('resource_class', 'text')
      .addColumn('conductor_group', 'text', (column) => column.notNull().defaultTo(''))
      .addColumn('maintenance', 'integer', flag)
      .addColumn('automated_clean', 'integer')
      .addColumn('protected', 'integer', flag)
      .addColumn('protected_reason', 'text')
      .addColumn('retired', 'integer', flag)
      .addColumn('retired_reason', 'text')
      .addColumn('owner', 'text')
      .addColumn('lessee', 'text')
      .addColumn('description', 'text')
      .addColumn('shard', 'text')
      .addColumn('parent_node', 'varchar(36)')
      .addColumn('disable_power_off', 'integer', flag)
      .addColumn('console_enabled', 'integer', flag)
      .addColumn('provision_state', 'varchar(32)', required)
      .addColumn('target_provision_state', 'varchar(32)')
      .addColumn('provision_updated_at', 'bigint')
      .addColumn('power_state', 'varchar(32)')
      .addColumn('target_power_state', 'varchar(32)')
      .addColumn('boot_mode', 'varchar(16)')
      .addColumn('secure_boot', 'integer')
      .addColumn('last_error', 'text')
      .addColumn('maintenance_reason', 'text')
      .addColumn('fault', 'text')
      .addColumn('health', 'varchar(32)')
      .addColumn('clean_step', 'text')
      .addColumn('deploy_step', 'text')
      .addColumn('service_step', 'text')
      .addColumn('raid_config', 'text', json)
      .addColumn('target_raid_config', 'text', json)
      .addColumn('inspection_started_at', 'bigint')
      .addColumn('inspection_finished_at', 'bigint')
      .addColumn('driver_internal_info', 'text', json)
      .addColumn('progress', 'text')
      .addColumn('allocation_uuid', 'varchar(36)')
      .addColumn('has_config_drive', 'integer', flag)
      .addColumn('created_at', 'bigint', required)
      .addColumn('updated_at', 'bigint')
      .addUniqueConstraint('node_uuid_key', ['uuid'])
      .addUniqueConstraint('node_name_key', ['name'])
      .addUniqueConstraint('node_instance_uuid_key', ['instance_uuid']),
    db.schema.createIndex('node_provision_state').on('node').column('provision_state'),
    db.schema
      .createTable('node_agent')
      .addColumn('node_id', 'bigint', ownedOnceByNode)
      .addColumn('url', 'text')
      .addColumn('version', 'text')
      .addColumn('verify_ca', 'text')
      .addColumn('token', 'text')
      .addColumn('token_pregenerated', 'integer', flag)
      .addColumn('status', 'text')
      .addColumn('status_message', 'text')
      .addColumn('last_heartbeat', 'bigint')
      .addColumn('touch', 'bigint', counter),
    db.schema
      .createTable('node_blob')
      .addColumn('node_id', 'bigint', ownedByNode)
      .addColumn('kind', 'varchar(32)', required)
      .addColumn('content', dialect === 'sqlite' ? 'blob' : 'bytea', required)
      .addPrimaryKeyConstraint('node_blob_pkey', ['node_id', 'kind']),
  ];
}

function workTables(db: Kysely<Tables>, dialect: Database['dialect']) {
  return [
    db.schema
      .createTable('node_work')
      .addColumn('node_id', 'bigint', ownedOnceByNode)
      .addColumn('conductor_group', 'text', (column) => column.notNull().defaultTo(''))
      .addColumn('kind', 'varchar(32)')
      .addColumn('args', 'text', json)
      .addColumn('requested_by', 'text')
      .addColumn('context', 'text', json)
      .addColumn('power_target', 'varchar(32)')
      .addColumn('power_timeout', 'bigint')
      .addColumn('power_requested_at', 'bigint')
      .addColumn('wake_seq', 'bigint', counter)
      .addColumn('done_seq', 'bigint', counter)
      .addColumn('wait_kind', 'text')
      .addColumn('wake_at', 'bigint')
      .addColumn('deadline', 'bigint')
      .addColumn('due_at', 'bigint')
      .addColumn('lease_owner', 'text')
      .addColumn('lease_token', 'varchar(36)')
      .addColumn('lease_expires', 'bigint')
      .addColumn('lease_dirty', 'integer', flag)
      .addColumn('touch', 'bigint', counter),
    db.schema.createIndex('node_work_due').on('node_work').column('due_at').where(sql.ref('due_at'), 'is not', null),
    withKey(db.schema.createTable('node_request'), dialect)
      .addColumn('node_id', 'bigint', ownedByNode)
      .addColumn('kind', 'varchar(32)', required)
      .addColumn('args', 'text', json)
      .addColumn('requested_at', 'bigint', required),
    db.schema.createIndex('node_request_node').on('node_request').column('node_id'),
    db.schema
      .createTable('node_effect')
      .addColumn('id', 'varchar(64)', (column) => column.primaryKey())
      .addColumn('node_id', 'bigint', ownedByNode)
      .addColumn('kind', 'varchar(64)', required)
      .addColumn('intent', 'text', json)
      .addColumn('outcome', 'text')
      .addColumn('intended_at', 'bigint', required)
      .addColumn('settled_at', 'bigint'),
    db.schema.createIndex('node_effect_node').on('node_effect').columns(['node_id', 'intended_at']),
  ];
}

function logTables(db: Kysely<Tables>, _dialect: Database['dialect']) {
  return [
    db.schema
      .createTable('node_change')
      .addColumn('seq', 'bigint', (column) => column.primaryKey())
      .addColumn('uuid', 'varchar(36)', required)
      .addColumn('topic', 'varchar(16)', required)
      .addColumn('kind', 'varchar(16)', required)
      .addColumn('node_id', 'bigint', required)
      .addColumn('node_uuid', 'varchar(36)', required)
      .addColumn('revision', 'bigint', required)
      .addColumn('at', 'bigint', required)
      .addColumn('provision_state', 'varchar(32)')
      .addColumn('target_provision_state', 'varchar(32)')
      .addColumn('principal', 'text')
      .addColumn('conductor', 'text')
      .addColumn('event', 'text')
      .addColumn('event_type', 'text')
      .addColumn('severity', 'varchar(16)'),
    db.schema.createIndex('node_change_node').on('node_change').columns(['node_id', 'seq']),
    db.schema
      .createTable('change_counter')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('epoch', 'varchar(36)', required)
      .addColumn('seq', 'bigint', counter)
      .addColumn('trimmed_seq', 'bigint', counter),
  ];
}

function otherTables(db: Kysely<Tables>, dialect: Database['dialect']) {
  return [
    withKey(db.schema.createTable('port'), dialect)
      .addColumn('uuid', 'varchar(36)', required)
      .addColumn('node_id', 'bigint', ownedByNode)
      .addColumn('revision', 'bigint', required)
      .addColumn('address', 'varchar(18)', required)
      .addColumn('name', 'text')
      .addColumn('description', 'text')
      .addColumn('pxe_enabled', 'integer', (column) => column.notNull().defaultTo(1))
      .addColumn('local_link_connection', 'text', json)
      .addColumn('physical_network', 'text')
      .addColumn('portgroup_uuid', 'varchar(36)')
      .addColumn('is_smartnic', 'integer', flag)
      .addColumn('vendor', 'text')
      .addColumn('category', 'text')
      .addColumn('available_for_dynamic_portgroup', 'integer', (column) => column.notNull().defaultTo(1))
      .addColumn('extra', 'text', json)
      .addColumn('internal_info', 'text', json)
      .addColumn('created_at', 'bigint', required)
      .addColumn('updated_at', 'bigint')
      .addUniqueConstraint('port_uuid_key', ['uuid'])
      .addUniqueConstraint('port_address_key', ['address'])
      .addUniqueConstraint('port_name_key', ['name']),
    db.schema.createIndex('port_node').on('port').column('node_id'),
    withKey(db.schema.createTable('conductor'), dialect)
      .addColumn('hostname', 'text', required)
      .addColumn('rpc_address', 'text', required)
      .addColumn('conductor_groups', 'text', required)
      .addColumn('drivers', 'text', json)
      .addColumn('online', 'integer', flag)
      .addColumn('created_at', 'bigint', required)
      .addColumn('updated_at', 'bigint', required)
      .addUniqueConstraint('conductor_hostname_key', ['hostname']),
    db.schema
      .createTable('boot_entry')
      .addColumn('node_id', 'bigint', ownedOnceByNode)
      .addColumn('revision', 'bigint', required)
      .addColumn('entry', 'text', required),
    db.schema
      .createTable('request_seen')
      .addColumn('request_id', 'text', (column) => column.primaryKey())
      .addColumn('at', 'bigint', required),
    db.schema.createIndex('request_seen_at').on('request_seen').column('at'),
  ];
}
