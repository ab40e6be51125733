/** metadata of any Kubernetes object, the part that controllers use. Times are RFC 3339 strings. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  /** Opaque to users; the API server promises that versions of one resource compare as whole numbers. */
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

/** What every Kubernetes object has. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/**
 * What a client must know to address the objects of a kind. `group` is empty for the core group. The definitions of
 * @metal3/metal3-api fit; `object` only carries the type and is never set.
 */
export interface Kind<T extends KubeObject = KubeObject> {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /**
   * What is read as the spec of an object that was stored without one, which schemas allow: the zero value of each field that must be
   * there, as Go programs find it. Left out for kinds without a spec.
   */
  readonly emptySpec?: object;
  readonly object?: T;
}

/** The object with a spec, whether it was stored with one or not. */
export function withSpec<T extends KubeObject>({ emptySpec }: Kind, object: T): T {
  return emptySpec === undefined || 'spec' in object ? object : { ...object, spec: emptySpec };
}

/** Names one object; `namespace` is absent for objects of the cluster. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** An object to be created: apiVersion and kind are filled in from the kind; a name or generateName is needed. */
export type NewObject<T extends KubeObject> = Omit<T, 'apiVersion' | 'kind' | 'status'> & {
  apiVersion?: string;
  kind?: string;
};

/** `group/version`, or just the version for the core group: the value of `apiVersion`. */
export function apiVersionOf(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
}

/** The key of an object that has been read or has a name. */
export function keyOf(object: { readonly metadata: ObjectMeta }): ObjectKey {
  const { namespace, name = '' } = object.metadata;
  return namespace === undefined ? { name } : { namespace, name };
}

/** `namespace/name`, or the name alone: the text under which queues and caches know an object. */
export function formatKey(key: ObjectKey): string {
  return key.namespace === undefined || key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
}

/** The reverse of `formatKey`. Names hold no slash. */
export function parseKey(text: string): ObjectKey {
  const slash = text.indexOf('/');
  return slash < 0 ? { name: text } : { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}

/**
 * Compares two resource versions of one resource type: negative, zero, positive. They are whole numbers (guaranteed
 * since Kubernetes 1.35, true of every etcd-backed server before); an absent one is older than any.
 */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number {
  const left = a ?? '';
  const right = b ?? '';
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** True once someone has asked for the object's deletion. */
export function isDeleting(object: { readonly metadata: ObjectMeta }): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
