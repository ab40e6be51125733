import { Type, type Static, type TObject, type TSchema } from 'typebox';

/** JSON Schema keywords that a structural schema of Kubernetes may carry beside the ones TypeBox names. */
export interface SchemaOptions {
  readonly description?: string;
  readonly [keyword: string]: unknown;
}

/** A string that must be one of `values`. */
export function choice<const Value extends string>(values: readonly Value[], options: SchemaOptions = {}) {
  return Type.Unsafe<Value>({ type: 'string', enum: [...values], ...options });
}

/** A map with free keys (`additionalProperties`). */
export function mapOf<Value extends TSchema>(value: Value, options: SchemaOptions = {}) {
  return Type.Unsafe<Record<string, Static<Value>>>({ type: 'object', additionalProperties: value, ...options });
}

/** A field that clients may set to null as well as leave out: OpenAPI `nullable`. */
export function nullable<Inner extends TSchema>(inner: Inner) {
  return Type.Unsafe<Static<Inner> | null>({ ...inner, nullable: true });
}

/** RFC 3339 time as Kubernetes writes it: seconds, zone Z. */
export function timestamp(options: SchemaOptions = {}) {
  return Type.String({ format: 'date-time', ...options });
}

/** Any JSON object, kept as it is (`x-kubernetes-preserve-unknown-fields`). */
export function anyObject(options: SchemaOptions = {}) {
  return Type.Unsafe<Record<string, unknown>>({
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    ...options,
  });
}

/** Any JSON value, kept as it is. */
export function anyValue() {
  return Type.Unsafe<unknown>({ 'x-kubernetes-preserve-unknown-fields': true });
}

/** An integer or a string such as a quantity (`x-kubernetes-int-or-string`). */
export function intOrString(options: SchemaOptions = {}) {
  return Type.Unsafe<number | string>({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
    ...options,
  });
}

export type { Static, TObject, TSchema };
export { Type };
