import type { ClusterAccess } from '../access/access.ts';
import { isKubeError, KubeError } from '../error.ts';
import { apiVersionOf, type Kind, type KubeObject, type NewObject, type ObjectKey, withSpec } from '../object.ts';
import type {
  CallOptions,
  CallRecord,
  DeleteOptions,
  KubeClient,
  ListOptions,
  Patch,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from '../port.ts';
import { type Exchange, Transport, unanswered } from './transport.ts';
import { readWatchEvents } from './watch-stream.ts';

export interface KubernetesOptions {
  /** `<service>/<version>`: how the API server's own counters tell our services apart. */
  readonly userAgent: string;
  /** Milliseconds since the epoch, for the durations of `onCall`. */
  readonly now: () => number;
  /** Told of every finished call; see `countCalls` for counters. */
  readonly onCall?: (call: CallRecord) => void;
}

/** A KubeClient that talks to a real API server. */
export interface Kubernetes extends KubeClient {
  readonly namespace: string;
  /** Answers a path outside the resources, such as /readyz or /version. @throws KubeError */
  text(path: string, options?: CallOptions): Promise<string>;
  /** Drops all connections, watches included. A later call opens new ones. */
  close(): Promise<void>;
}

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const satisfies Record<Patch['type'], string>;

/** Connects to an API server. Nothing is sent before the first call. */
export function connectKubernetes(access: ClusterAccess, { userAgent, now, onCall }: KubernetesOptions): Kubernetes {
  const transport = new Transport(access, userAgent);
  const fieldManager = userAgent.split('/')[0] ?? userAgent;

  const timed = async <Answer>(verb: CallRecord['verb'], kind: Kind, call: () => Promise<Answer>): Promise<Answer> => {
    const started = now();
    try {
      const answer = await call();
      onCall?.({ verb, kind, status: 200, durationMs: now() - started });
      return answer;
    } catch (error) {
      onCall?.({ verb, kind, status: isKubeError(error) ? error.status : 0, durationMs: now() - started });
      throw error;
    }
  };

  const json = async <Answer>(exchange: Exchange): Promise<Answer> => {
    const answer = await transport.send(exchange);
    try {
      return (await answer.body.json()) as Answer;
    } catch (cause) {
      throw unanswered(cause, access.server, exchange.signal);
    }
  };

  const object = async <T extends KubeObject>(kind: Kind<T>, exchange: Exchange): Promise<T> =>
    withSpec(kind, await json<T>(exchange));

  const writeQuery = ({ fieldManager: manager = fieldManager, dryRun }: WriteOptions = {}) => ({
    fieldManager: manager,
    dryRun: dryRun ? 'All' : undefined,
  });

  const sendPatch = <T extends KubeObject>(
    kind: Kind<T>,
    key: ObjectKey,
    subresource: '' | '/status',
    patch: Patch,
    options: WriteOptions | undefined,
  ): Promise<T> => {
    const apply = patch.type === 'apply';
    const metadata = apply && { ...(patch.body as { metadata?: object }).metadata, ...key };
    const body = apply ? { ...patch.body, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata } : undefined;
    return object(kind, {
      method: 'PATCH',
      path: pathOf(kind, key) + subresource,
      query: {
        ...writeQuery(options),
        ...(apply && { fieldManager: patch.fieldManager, force: patch.force ?? false }),
      },
      body: JSON.stringify(
        body ?? (patch.type === 'json' ? patch.operations : patch.type === 'merge' ? patch.body : {}),
      ),
      contentType: patchTypes[patch.type],
      signal: options?.signal,
    });
  };

  const client: Kubernetes = {
    namespace: access.namespace,

    get: (kind, key, options) =>
      timed('get', kind, () => object(kind, { method: 'GET', path: pathOf(kind, key), signal: options?.signal })),

    async find(kind, key, options) {
      try {
        return await client.get(kind, key, options);
      } catch (error) {
        if (isKubeError(error, 'NotFound')) return undefined;
        throw error;
      }
    },

    list: <T extends KubeObject>(kind: Kind<T>, options: ListOptions = {}) =>
      timed('list', kind, async () => {
        const { namespace, signal, ...query } = options;
        const list = await json<{ items?: T[]; metadata?: { resourceVersion?: string; continue?: string } }>({
          method: 'GET',
          path: collectionOf(kind, namespace),
          query,
          signal,
        });
        // Items of a list of custom resources carry apiVersion and kind, those of built-in kinds do not.
        const apiVersion = apiVersionOf(kind);
        const items = (list.items ?? []).map((item) =>
          withSpec(kind, item.kind === undefined ? { ...item, apiVersion, kind: kind.kind } : item),
        );
        return { items, resourceVersion: list.metadata?.resourceVersion ?? '', continue: list.metadata?.continue };
      }),

    create: <T extends KubeObject>(kind: Kind<T>, draft: NewObject<T>, options?: WriteOptions) =>
      timed('create', kind, () =>
        object(kind, {
          method: 'POST',
          path: collectionOf(kind, kind.namespaced ? namespaceOf(draft.metadata.namespace, kind) : undefined),
          query: writeQuery(options),
          body: JSON.stringify({ apiVersion: apiVersionOf(kind), kind: kind.kind, ...draft }),
          contentType: 'application/json',
          signal: options?.signal,
        }),
      ),

    replace: (kind, draft, options) =>
      timed('replace', kind, () =>
        object(kind, {
          method: 'PUT',
          path: pathOf(kind, { namespace: draft.metadata.namespace, name: draft.metadata.name ?? '' }),
          query: writeQuery(options),
          body: JSON.stringify(draft),
          contentType: 'application/json',
          signal: options?.signal,
        }),
      ),

    patch: (kind, key, patch, options) => timed('patch', kind, () => sendPatch(kind, key, '', patch, options)),

    patchStatus: (kind, key, patch, options) =>
      timed('patchStatus', kind, () => sendPatch(kind, key, '/status', patch, options)),

    delete: <T extends KubeObject>(kind: Kind<T>, key: ObjectKey, options: DeleteOptions = {}) =>
      timed('delete', kind, async () => {
        const { preconditions, propagationPolicy, dryRun, signal } = options;
        const answer = await json<T>({
          method: 'DELETE',
          path: pathOf(kind, key),
          body: JSON.stringify({
            apiVersion: 'v1',
            kind: 'DeleteOptions',
            ...(preconditions && { preconditions }),
            ...(propagationPolicy && { propagationPolicy }),
            ...(dryRun && { dryRun: ['All'] }),
          }),
          contentType: 'application/json',
          signal,
        });
        // Built-in kinds answer the object that went; what stays has a finalizer or a grace period.
        const stays =
          (answer.metadata?.finalizers ?? []).length > 0 || (answer.metadata?.deletionGracePeriodSeconds ?? 0) > 0;
        return answer.kind !== 'Status' && stays ? withSpec(kind, answer) : undefined;
      }),

    async *watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
      const { namespace, signal, timeoutSeconds = 420, ...selection } = options;
      const answer = await timed('watch', kind, () =>
        transport.send({
          method: 'GET',
          path: collectionOf(kind, namespace),
          query: { ...selection, watch: true, allowWatchBookmarks: true, timeoutSeconds },
          signal,
          silenceMs: (timeoutSeconds + 15) * 1000,
          long: true,
        }),
      );
      try {
        for await (const event of readWatchEvents<T>(answer.body)) {
          yield event.type === 'BOOKMARK' ? event : { ...event, object: withSpec(kind, event.object) };
        }
      } catch (cause) {
        throw unanswered(cause, access.server, signal);
      } finally {
        answer.body.destroy();
      }
    },

    async text(path, options) {
      const answer = await transport.send({ method: 'GET', path, signal: options?.signal });
      return answer.body.text();
    },

    close: () => transport.close(),
  };
  return client;
}

function collectionOf(kind: Kind, namespace: string | undefined): string {
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const within = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${within}/${kind.plural}`;
}

function pathOf(kind: Kind, { namespace, name }: ObjectKey): string {
  if (name === '') throw new KubeError('BadRequest', `a ${kind.kind} must be named to be addressed`);
  const within = kind.namespaced ? namespaceOf(namespace, kind) : undefined;
  return `${collectionOf(kind, within)}/${encodeURIComponent(name)}`;
}

function namespaceOf(namespace: string | undefined, kind: Kind): string {
  if (namespace !== undefined && namespace !== '') return namespace;
  throw new KubeError('BadRequest', `a ${kind.kind} lives in a namespace: metadata.namespace is missing`);
}
