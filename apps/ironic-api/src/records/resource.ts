import type { JsonObject } from '@metal3/node';
import type { RecordKind, UserRecord } from '@metal3/node-store';

/** One attribute of a record as REST shows it. */
export interface RecordField {
  readonly name: string;
  /** The first minor version that shows it, where that is later than the resource itself. */
  readonly since?: number;
  /** What an attribute that was never given reads as; attributes without a default are written by `value`. */
  readonly byDefault?: unknown;
  readonly value?: (record: UserRecord, base: string) => unknown;
  readonly patchable?: boolean;
}

/** What a body becomes in the store. */
export interface RecordFields {
  readonly name: string | null;
  readonly address: string | null;
  readonly body: JsonObject;
}

/** A kind of record as a REST resource; everything that differs from kind to kind. */
export interface RecordResource {
  readonly kind: RecordKind;
  /** Path below /v1, and key of lists unless `key` says otherwise. */
  readonly collection: string;
  readonly key?: string;
  /** Belongs to the node of its `node_uuid`, and goes with it. */
  readonly ofNode?: boolean;
  /** As error texts call it: "A deploy template with name x already exists." */
  readonly noun: string;
  /** "Chassis x could not be found." */
  readonly title: string;
  readonly since: number;
  /** What changing methods answer below `since`; reading ones answer 404. */
  readonly before: 404 | 405;
  /** The first minor version whose list takes `detail`, 43 unless told. */
  readonly detailSince?: number;
  /** Whether a name identifies it in URLs. */
  readonly named: boolean;
  /** What error texts call the identifier in a URL. */
  readonly argument: string;
  readonly fields: readonly RecordField[];
  /** What lists show when nothing else is asked for, besides links. */
  readonly listed: readonly string[];
  /** The schema, and rules that no schema expresses, some of which changed with the version. @throws Fault 400 */
  readonly check: (attributes: unknown, minor: number) => void;
  /** Rules about the way from one form to another. @throws Fault 400 */
  readonly checkChange?: (before: UserRecord, after: RecordFields) => void;
  /** The stored form of checked attributes; `nodeUuid` for those that belong to a node. */
  readonly read: (attributes: Readonly<Record<string, unknown>>, nodeUuid?: string) => RecordFields;
  /** What to say where the "name" is made up of other attributes. */
  readonly clash?: string;
}

/** The attributes of a record that a patch applies to. */
export function attributesOf(resource: RecordResource, record: UserRecord): Record<string, unknown> {
  const attributes: Record<string, unknown> = {};
  for (const { name, patchable, byDefault } of resource.fields) {
    if (patchable !== true) continue;
    if (name === 'name') attributes[name] = record.name;
    else if (name === 'address') attributes[name] = record.address;
    else attributes[name] = record.body[name] ?? byDefault;
  }
  return attributes;
}
