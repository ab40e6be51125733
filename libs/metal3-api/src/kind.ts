import type { TSchema } from './schema.ts';

/** metadata of a Kubernetes object, the part that controllers use. Times are RFC 3339 strings. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** One object of a kind with the usual two halves. */
export interface Resource<Spec, Status = never> {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: Spec;
  status?: Status;
}

/** A column of `kubectl get`; priority 1 shows only in the wide output. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date' | 'boolean';
  readonly jsonPath: string;
  readonly description?: string;
  readonly priority?: number;
}

/** One served version of a kind, as its CustomResourceDefinition has it. */
export interface KindVersion {
  readonly name: string;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly spec?: TSchema;
  readonly status?: TSchema;
  /** Top-level properties of kinds that do not have the usual two halves. */
  readonly schemaOptions?: { readonly required?: readonly string[]; readonly description?: string };
  readonly columns?: readonly PrinterColumn[];
  /** 'status': its own endpoint; 'none': an empty subresources object; left out: no such field. */
  readonly subresources?: 'status' | 'none';
}

/**
 * The one definition of a kind: its TypeScript type (`Object`), what a client needs to address it, and what its
 * CustomResourceDefinition holds.
 */
export interface KindDefinition<Object> {
  readonly group: string;
  /** The version that our own programs read and write. */
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: true;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly versions: readonly KindVersion[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** What is read as the spec of an object that was stored without one: see `zeroOf`. */
  readonly emptySpec?: object;
  /** Carries the type; never set. */
  readonly object?: Object;
}

/** Declares a kind. `version` is the storage version. */
export function defineKind<Object>(
  definition: Omit<
    KindDefinition<Object>,
    'version' | 'namespaced' | 'shortNames' | 'categories' | 'emptySpec' | 'object'
  > & {
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  },
): KindDefinition<Object> {
  const storage = definition.versions.find((version) => version.storage);
  if (storage === undefined) throw new TypeError(`${definition.kind} has no storage version`);
  const { name: version, spec } = storage;
  const emptySpec = spec && (zeroOf(spec) as object);
  return { shortNames: [], categories: [], ...definition, version, namespaced: true, ...(emptySpec && { emptySpec }) };
}

/**
 * What Go programs, upstream's among them, find where a field is missing: the zero value, in structs that of each field. Schemas demand the
 * fields of a spec, but not the spec: an object without one can be stored, and must not be what a program stumbles over.
 */
function zeroOf(schema: TSchema): unknown {
  const {
    type,
    required = [],
    properties = {},
  } = schema as {
    readonly type?: string;
    readonly required?: readonly string[];
    readonly properties?: Readonly<Record<string, TSchema>>;
  };
  switch (type) {
    case 'string':
      return '';
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return 0;
    case 'array':
      return [];
    default:
      return Object.fromEntries(required.map((name) => [name, zeroOf(properties[name] ?? {})]));
  }
}

/** `group/version` of a kind's storage version, the value of `apiVersion`. */
export function apiVersionOf(kind: { readonly group: string; readonly version: string }): string {
  return `${kind.group}/${kind.version}`;
}
