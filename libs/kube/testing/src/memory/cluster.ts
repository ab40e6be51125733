import { randomBytes, randomUUID } from 'node:crypto';
import {
  apiVersionOf,
  compareResourceVersions,
  type DeleteOptions,
  formatKey,
  type Kind,
  KubeError,
  type KubeObject,
  type NewObject,
  type ObjectKey,
  type Patch,
  sameJson,
} from '@metal3/kube-client';
import { applyJsonPatch, applyMergePatch, droppedByApply, type Json } from './json.ts';

/** One change, as watches see it. */
export interface StoredChange {
  readonly version: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

interface Table {
  readonly objects: Map<string, KubeObject>;
  readonly changes: StoredChange[];
  /** Changes up to this one are forgotten. */
  forgottenUpTo: string;
  /** Called after each change; undefined ends the watch. */
  readonly watchers: Set<(end?: 'disconnected') => void>;
}

type Part = 'main' | 'status';

/** The objects of an API server in memory, with the rules by which a real one changes them. */
export class MemoryCluster {
  readonly #tables = new Map<string, Table>();
  readonly #applied = new Map<string, Json>();
  readonly #now: () => number;
  #version = 1000;

  constructor(now: () => number) {
    this.#now = now;
  }

  get version(): string {
    return String(this.#version);
  }

  table(kind: Kind): Table {
    const name = `${kind.group}/${kind.plural}`;
    const known = this.#tables.get(name);
    if (known !== undefined) return known;
    const table: Table = { objects: new Map(), changes: [], forgottenUpTo: this.version, watchers: new Set() };
    this.#tables.set(name, table);
    return table;
  }

  tables(): Iterable<Table> {
    return this.#tables.values();
  }

  read(kind: Kind, key: ObjectKey): KubeObject {
    const object = this.table(kind).objects.get(formatKey(key));
    if (object !== undefined) return object;
    throw new KubeError('NotFound', `${kind.plural}.${kind.group} "${key.name}" not found`, { status: 404 });
  }

  create(kind: Kind, given: NewObject<KubeObject>, dryRun = false): KubeObject {
    const { metadata, ...rest } = structuredClone(given) as KubeObject & { status?: unknown };
    if (metadata.resourceVersion !== undefined && metadata.resourceVersion !== '') {
      throw new KubeError('Internal', 'resourceVersion should not be set on objects to be created', { status: 500 });
    }
    const generated =
      metadata.generateName === undefined ? undefined : metadata.generateName + randomBytes(3).toString('hex').slice(1);
    const name = metadata.name ?? generated;
    if (name === undefined || name === '') {
      throw new KubeError('Invalid', `${kind.kind}: metadata.name: Required value: name or generateName is required`, {
        status: 422,
        causes: [{ field: 'metadata.name', message: 'Required value', reason: 'FieldValueRequired' }],
      });
    }
    const key = this.#keyOf(kind, metadata.namespace, name);
    if (this.table(kind).objects.has(formatKey(key))) {
      throw new KubeError('AlreadyExists', `${kind.plural}.${kind.group} "${name}" already exists`, { status: 409 });
    }
    if (hasStatus(kind)) delete rest.status;
    const { deletionTimestamp: _time, deletionGracePeriodSeconds: _grace, selfLink: _link, ...kept } = metadata as Json;
    const object: KubeObject = {
      ...rest,
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: {
        ...kept,
        name,
        ...(kind.namespaced && { namespace: key.namespace ?? '' }),
        uid: randomUUID(),
        creationTimestamp: this.#time(),
        ...(counted(kind) && { generation: 1 }),
      },
    };
    return this.#store(kind, key, undefined, object, dryRun);
  }

  replace(kind: Kind, given: KubeObject, dryRun = false): KubeObject {
    const key = this.#keyOf(kind, given.metadata.namespace, given.metadata.name ?? '');
    return this.#change(kind, key, 'main', dryRun, () => structuredClone(given) as unknown as Json);
  }

  patch(kind: Kind, key: ObjectKey, part: Part, patch: Patch, dryRun = false): KubeObject {
    if (part === 'status' && !hasStatus(kind)) {
      throw new KubeError('NotFound', `${kind.kind} has no status subresource`, { status: 404 });
    }
    if (patch.type !== 'apply') {
      return this.#change(kind, key, part, dryRun, (current) =>
        patch.type === 'merge'
          ? applyMergePatch(current, patch.body as Json)
          : applyJsonPatch(current, patch.operations),
      );
    }
    const memory = [patch.fieldManager, part, kind.group, kind.plural, formatKey(key)].join(' ');
    const body = structuredClone(patch.body) as Json;
    const present = this.table(kind).objects.has(formatKey(key));
    const drop = droppedByApply(this.#applied.get(memory) ?? {}, body);
    if (!dryRun) this.#applied.set(memory, body);
    if (!present && part === 'main') {
      const metadata = { ...(body['metadata'] as Json | undefined), ...key };
      return this.create(kind, { ...body, metadata } as NewObject<KubeObject>, dryRun);
    }
    return this.#change(kind, key, part, dryRun, (current) => applyMergePatch(applyMergePatch(current, drop), body));
  }

  delete(kind: Kind, key: ObjectKey, { preconditions, dryRun = false }: DeleteOptions): KubeObject | undefined {
    const current = this.read(kind, key);
    for (const field of ['uid', 'resourceVersion'] as const) {
      const wanted = preconditions?.[field];
      if (wanted !== undefined && wanted !== current.metadata[field]) {
        const problem = `Precondition failed: ${field} in precondition: ${wanted}, in object: ${current.metadata[field]}`;
        throw new KubeError('Conflict', problem, { status: 409 });
      }
    }
    if ((current.metadata.finalizers ?? []).length === 0) {
      if (!dryRun) this.#remove(kind, key, current);
      return undefined;
    }
    if (current.metadata.deletionTimestamp !== undefined) return structuredClone(current);
    const metadata = {
      ...current.metadata,
      deletionTimestamp: this.#time(),
      deletionGracePeriodSeconds: 0,
      ...(counted(kind) && { generation: (current.metadata.generation ?? 0) + 1 }),
    };
    return this.#store(kind, key, current, { ...current, metadata }, dryRun);
  }

  /** Forgets the history of changes: watches from an older version are answered 410 Gone. */
  compact(): void {
    this.#version += 1;
    for (const table of this.#tables.values()) {
      table.changes.length = 0;
      table.forgottenUpTo = this.version;
    }
  }

  #change(kind: Kind, key: ObjectKey, part: Part, dryRun: boolean, edit: (current: Json) => Json): KubeObject {
    const current = this.read(kind, key) as KubeObject & { status?: unknown };
    const edited = edit(structuredClone(current) as unknown as Json) as unknown as KubeObject & { status?: unknown };
    const { resourceVersion, uid } = edited.metadata;
    if (
      resourceVersion !== undefined &&
      resourceVersion !== '' &&
      resourceVersion !== current.metadata.resourceVersion
    ) {
      const problem = `Operation cannot be fulfilled on ${kind.plural}.${kind.group} "${key.name}": the object has been modified`;
      throw new KubeError('Conflict', problem, { status: 409 });
    }
    if (uid !== undefined && uid !== current.metadata.uid) {
      throw new KubeError('Conflict', `Precondition failed: UID in precondition: ${uid}`, { status: 409 });
    }
    const next = part === 'status' ? { ...current, status: edited.status } : this.#mainOf(kind, current, edited);
    if (next.status === undefined) delete next.status;
    if (sameJson(next, current)) return structuredClone(current);
    if (next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers ?? []).length === 0) {
      if (!dryRun) this.#remove(kind, key, next);
      return structuredClone(next);
    }
    return this.#store(kind, key, current, next, dryRun);
  }

  #mainOf(kind: Kind, current: KubeObject & { status?: unknown }, edited: KubeObject & { status?: unknown }) {
    const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, resourceVersion, name } =
      current.metadata;
    const next: KubeObject & { status?: unknown } = {
      ...edited,
      apiVersion: current.apiVersion,
      kind: current.kind,
      metadata: JSON.parse(
        JSON.stringify({
          ...edited.metadata,
          ...{
            uid,
            creationTimestamp,
            deletionTimestamp,
            deletionGracePeriodSeconds,
            generation,
            resourceVersion,
            name,
          },
          namespace: current.metadata.namespace,
        }),
      ) as KubeObject['metadata'],
    };
    for (const list of ['finalizers', 'ownerReferences'] as const) {
      if (next.metadata[list]?.length === 0) delete next.metadata[list];
    }
    if (hasStatus(kind)) next.status = current.status;
    const added = (next.metadata.finalizers ?? []).filter((one) => !current.metadata.finalizers?.includes(one));
    if (deletionTimestamp !== undefined && added.length > 0) {
      throw new KubeError(
        'Invalid',
        'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted',
        {
          status: 422,
          causes: [{ field: 'metadata.finalizers', reason: 'FieldValueForbidden' }],
        },
      );
    }
    if (counted(kind) && !sameJson(contentOf(next, kind), contentOf(current, kind))) {
      next.metadata.generation = (generation ?? 0) + 1;
    }
    return next;
  }

  #store(kind: Kind, key: ObjectKey, before: KubeObject | undefined, given: KubeObject, dryRun: boolean): KubeObject {
    const after = structuredClone(given);
    if (dryRun) return after;
    this.#version += 1;
    after.metadata.resourceVersion = this.version;
    this.table(kind).objects.set(formatKey(key), after);
    this.#publish(kind, { version: this.version, before, after });
    return structuredClone(after);
  }

  #remove(kind: Kind, key: ObjectKey, last: KubeObject): void {
    this.#version += 1;
    const before = structuredClone(last);
    before.metadata.resourceVersion = this.version;
    this.table(kind).objects.delete(formatKey(key));
    this.#publish(kind, { version: this.version, before, after: undefined });
  }

  #publish(kind: Kind, change: StoredChange): void {
    const table = this.table(kind);
    table.changes.push(change);
    if (table.changes.length > historySize) {
      const dropped = table.changes.splice(0, table.changes.length - historySize);
      table.forgottenUpTo = dropped.at(-1)?.version ?? table.forgottenUpTo;
    }
    for (const wake of table.watchers) wake();
  }

  #keyOf(kind: Kind, namespace: string | undefined, name: string): ObjectKey {
    if (!kind.namespaced) return { name };
    if (namespace !== undefined && namespace !== '') return { namespace, name };
    throw new KubeError('BadRequest', `a ${kind.kind} lives in a namespace: metadata.namespace is missing`);
  }

  #time(): string {
    return new Date(this.#now()).toISOString().replace(/\.\d+Z$/, 'Z');
  }
}

const historySize = 10_000;

/** True once changes after `version` may have been forgotten. */
export function isTooOld(table: { readonly forgottenUpTo: string }, version: string): boolean {
  return compareResourceVersions(version, table.forgottenUpTo) < 0;
}

/** Kinds of @metal3/metal3-api say whether they have a status subresource; others are custom kinds if their group has a dot. */
function hasStatus(kind: Kind): boolean {
  const versions = (kind as Kind & { versions?: readonly { storage: boolean; subresources?: string }[] }).versions;
  if (versions !== undefined) return versions.some(({ storage, subresources }) => storage && subresources === 'status');
  if (kind.group === '') return kind.plural === 'nodes' || kind.plural === 'namespaces' || kind.plural === 'pods';
  return kind.group.includes('.') && !kind.group.endsWith('.k8s.io');
}

/** Built-in kinds without a status do not count generations. */
function counted(kind: Kind): boolean {
  return kind.group !== '' && !kind.group.endsWith('.k8s.io');
}

function contentOf(object: KubeObject & { status?: unknown }, kind: Kind): Json {
  const { metadata: _metadata, status, ...content } = object;
  return hasStatus(kind) ? content : { ...content, status };
}
