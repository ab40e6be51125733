import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, mapOf, type Static } from '../schema.ts';

export const FirmwareSchemaSpec = Type.Object({
  hardwareModel: Type.Optional(Type.String()),
  hardwareVendor: Type.Optional(Type.String()),
  schema: mapOf(
    Type.Object({
      allowable_values: Type.Optional(Type.Array(Type.String())),
      attribute_type: Type.Optional(choice(['Enumeration', 'String', 'Integer', 'Boolean', 'Password'])),
      lower_bound: Type.Optional(Type.Integer()),
      max_length: Type.Optional(Type.Integer()),
      min_length: Type.Optional(Type.Integer()),
      read_only: Type.Optional(Type.Boolean()),
      unique: Type.Optional(Type.Boolean()),
      upper_bound: Type.Optional(Type.Integer()),
    }),
  ),
});
export type FirmwareSchemaSpec = Static<typeof FirmwareSchemaSpec>;

/** Which firmware settings a model of machine offers and which values they take. */
export type FirmwareSchema = Resource<FirmwareSchemaSpec, never>;

export const firmwareSchema = defineKind<FirmwareSchema>({
  group: 'metal3.io',
  kind: 'FirmwareSchema',
  plural: 'firmwareschemas',
  singular: 'firmwareschema',
  versions: [{ name: 'v1alpha1', storage: true, spec: FirmwareSchemaSpec }],
});
