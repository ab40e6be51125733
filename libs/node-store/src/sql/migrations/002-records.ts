import type { Migration } from '../migrate.ts';

/** Records of users: chassis, port groups, deploy templates, runbooks. */
export const records: Migration = {
  version: 2,
  minReader: 1,
  statements: (db, dialect) => [
    (dialect === 'sqlite'
      ? db.schema.createTable('record').addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      : db.schema
          .createTable('record')
          .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
    )
      .addColumn('kind', 'varchar(32)', (column) => column.notNull())
      .addColumn('uuid', 'varchar(36)', (column) => column.notNull())
      .addColumn('name', 'text')
      .addColumn('address', 'varchar(18)')
      .addColumn('node_id', 'bigint', (column) => column.references('node.id').onDelete('cascade'))
      .addColumn('body', 'text', (column) => column.notNull().defaultTo('{}'))
      .addColumn('created_at', 'bigint', (column) => column.notNull())
      .addColumn('updated_at', 'bigint')
      // The column that a broken rule is told by stands first, which is how SQLite names it.
      .addUniqueConstraint('record_uuid_key', ['uuid', 'kind'])
      .addUniqueConstraint('record_name_key', ['name', 'kind'])
      .addUniqueConstraint('record_address_key', ['address', 'kind']),
    db.schema.createIndex('record_node').on('record').column('node_id'),
  ],
};
