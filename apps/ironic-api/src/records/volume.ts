import type { Json, JsonObject } from '@metal3/node';
import { maskSecrets } from '@metal3/node';
import { invalid } from '../faults.ts';
import { freeForm, schemaCheck, text } from '../http/schema.ts';
import { parseInteger } from '../http/query.ts';
import type { RecordField, RecordResource } from './resource.ts';

type Attributes = Readonly<Record<string, unknown>>;

const stamps: readonly RecordField[] = [{ name: 'uuid' }, { name: 'node_uuid' }];
const times: readonly RecordField[] = [{ name: 'created_at' }, { name: 'updated_at' }];
const own = (name: string, byDefault: unknown = null): RecordField => ({ name, byDefault, patchable: true });
const picked = (attributes: Attributes, names: readonly string[]): JsonObject =>
  Object.fromEntries(
    names.flatMap((name) =>
      attributes[name] === undefined || attributes[name] === null ? [] : [[name, attributes[name] as Json]],
    ),
  );

const required = (noun: string, attributes: Attributes, names: readonly string[]): void => {
  const missing = names.find((name) => attributes[name] === undefined || attributes[name] === null);
  if (missing !== undefined) throw invalid(`Schema error for ${noun}: '${missing}' is a required property`);
};

const checkConnector = schemaCheck('connector', {
  type: 'object',
  properties: { uuid: text(), node_uuid: { type: 'string' }, type: text(32), connector_id: text(255), extra: freeForm },
  additionalProperties: false,
});

/** How a node reaches its storage: an initiator name, an address, a port. */
export const volumeConnectors: RecordResource = {
  kind: 'volume-connector',
  ofNode: true,
  collection: 'volume/connectors',
  key: 'connectors',
  noun: 'volume connector',
  title: 'Volume connector',
  since: 32,
  detailSince: 32,
  before: 404,
  named: false,
  argument: 'connector_uuid',
  fields: [...stamps, own('type'), own('connector_id'), own('extra', {}), ...times],
  listed: ['uuid', 'node_uuid', 'type', 'connector_id'],
  check(attributes) {
    checkConnector(attributes);
    required('connector', attributes as Attributes, ['type', 'connector_id']);
  },
  read: (attributes) => ({
    name: `${String(attributes['type'])} ${String(attributes['connector_id'])}`,
    address: null,
    body: picked(attributes, ['type', 'connector_id', 'extra']),
  }),
  clash: 'A volume connector with this type and connector ID already exists.',
};

const checkTarget = schemaCheck('target', {
  type: 'object',
  properties: {
    uuid: text(),
    node_uuid: { type: 'string' },
    volume_type: text(64),
    boot_index: { type: ['integer', 'string', 'null'] },
    volume_id: text(255),
    properties: freeForm,
    extra: freeForm,
  },
  additionalProperties: false,
});

/** A remote volume that a node uses. */
export const volumeTargets: RecordResource = {
  kind: 'volume-target',
  ofNode: true,
  collection: 'volume/targets',
  key: 'targets',
  noun: 'volume target',
  title: 'Volume target',
  since: 32,
  detailSince: 32,
  before: 404,
  named: false,
  argument: 'target_uuid',
  fields: [
    ...stamps,
    own('volume_type'),
    own('boot_index'),
    own('volume_id'),
    { ...own('properties', {}), value: ({ body }) => maskSecrets((body['properties'] ?? {}) as JsonObject) },
    own('extra', {}),
    ...times,
  ],
  listed: ['uuid', 'node_uuid', 'volume_type', 'boot_index', 'volume_id'],
  check(attributes) {
    checkTarget(attributes);
    required('target', attributes as Attributes, ['volume_type', 'boot_index', 'volume_id']);
    parseInteger('boot_index', (attributes as Attributes)['boot_index']);
  },
  read: (attributes, nodeUuid) => ({
    name: `${nodeUuid ?? ''} ${String(attributes['boot_index'])}`,
    address: null,
    body: {
      ...picked(attributes, ['volume_type', 'volume_id', 'properties', 'extra']),
      boot_index: parseInteger('boot_index', attributes['boot_index']),
    },
  }),
  clash: 'A volume target with this boot index for the same node already exists.',
};
