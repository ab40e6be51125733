import { freeForm, looseBoolean, schemaCheck, text } from '../http/schema.ts';
import { interfaceFields } from './fields.ts';

const interfaces = Object.fromEntries(interfaceFields.map((name) => [name, text(255)]));

/** Reasons are sentences for people. Upstream's column takes 65,535 bytes. */
export const longestReason = 65_535;

const writable = {
  ...interfaces,
  automated_clean: looseBoolean,
  boot_mode: text(255),
  chassis_uuid: text(255),
  conductor_group: text(255),
  console_enabled: looseBoolean,
  description: text(4096),
  disable_power_off: looseBoolean,
  driver: { type: 'string', maxLength: 255 },
  driver_info: freeForm,
  extra: freeForm,
  instance_info: freeForm,
  instance_name: { type: ['string', 'null'], minLength: 1, maxLength: 255 },
  instance_uuid: text(255),
  lessee: text(255),
  maintenance: looseBoolean,
  name: text(255),
  network_data: freeForm,
  owner: text(255),
  parent_node: text(255),
  properties: freeForm,
  resource_class: text(80),
  retired: looseBoolean,
  retired_reason: text(longestReason),
  secure_boot: looseBoolean,
  shard: text(255),
  uuid: text(255),
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
  properties: { ...writable, protected: looseBoolean, protected_reason: text(longestReason) },
  required: ['driver'],
  additionalProperties: false,
});
