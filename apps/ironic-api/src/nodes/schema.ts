import { freeForm, looseBoolean, schemaCheck, text } from '../http/schema.ts';
import { interfaceFields } from './fields.ts';

const interfaces = Object.fromEntries(interfaceFields.map((name) => [name, text()]));

const writable = {
  ...interfaces,
  automated_clean: looseBoolean,
  boot_mode: text(),
  chassis_uuid: text(),
  conductor_group: text(),
  console_enabled: looseBoolean,
  description: text(4096),
  disable_power_off: looseBoolean,
  driver: { type: 'string' },
  driver_info: freeForm,
  extra: freeForm,
  instance_info: freeForm,
  instance_name: { type: ['string', 'null'], minLength: 1, maxLength: 255 },
  instance_uuid: text(),
  lessee: text(),
  maintenance: looseBoolean,
  name: text(),
  network_data: freeForm,
  owner: text(),
  parent_node: text(),
  properties: freeForm,
  resource_class: text(80),
  retired: looseBoolean,
  retired_reason: text(),
  secure_boot: looseBoolean,
  shard: text(255),
  uuid: text(),
};

/** The body of POST /v1/nodes. */
export const checkNewNode = schemaCheck('node', {
  type: 'object',
  properties: writable,
  required: ['driver'],
  additionalProperties: false,
});

/** The writable attributes of a node after a patch. */
export const checkPatchedNode = schemaCheck('node', {
  type: 'object',
  properties: { ...writable, protected: looseBoolean, protected_reason: text() },
  required: ['driver'],
  additionalProperties: false,
});
