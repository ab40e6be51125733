import type { JsonObject, NodeUuid, Timestamp } from '@metal3/node';

/**
 * Kinds of records that users keep beside nodes and that no conductor writes: ironic-api alone decides what may stand in their bodies, so
 * one table holds them all. Conductors read inspection rules.
 */
export const recordKinds = [
  'allocation',
  'chassis',
  'deploy-template',
  'inspection-rule',
  'portgroup',
  'runbook',
  'volume-connector',
  'volume-target',
] as const;
export type RecordKind = (typeof recordKinds)[number];

export interface UserRecord {
  /** Integer key that lists are ordered by; never shown. */
  readonly id: number;
  readonly uuid: string;
  /** Unique within the kind. */
  readonly name: string | null;
  /** Lower-case MAC address, unique within the kind. */
  readonly address: string | null;
  /** The node it belongs to and goes with. */
  readonly nodeUuid: NodeUuid | null;
  readonly body: JsonObject;
  readonly createdAt: Timestamp;
  readonly updatedAt: Timestamp | null;
}

export interface NewRecord {
  readonly uuid?: string;
  readonly name?: string | null;
  readonly address?: string | null;
  readonly nodeUuid?: string;
  readonly body: JsonObject;
}

export type RecordPatch = Partial<Pick<UserRecord, 'name' | 'address' | 'body'>>;

export interface RecordRepository {
  /** @throws RECORD-DUPLICATE (uuid, name, address), NODE-NOT-FOUND */
  create(kind: RecordKind, fields: NewRecord): Promise<UserRecord>;
  /** By UUID or name. */
  find(kind: RecordKind, ident: string): Promise<UserRecord | undefined>;
  /** In order of creation; of one node when asked. */
  list(kind: RecordKind, filter?: { readonly nodeUuid?: string }): Promise<readonly UserRecord[]>;
  /** `decide` sees the record inside the transaction; undefined means nothing to change. @throws RECORD-NOT-FOUND, RECORD-DUPLICATE */
  change(kind: RecordKind, ident: string, decide: (record: UserRecord) => RecordPatch | undefined): Promise<UserRecord>;
  /** @throws RECORD-NOT-FOUND */
  delete(kind: RecordKind, ident: string): Promise<void>;
}
