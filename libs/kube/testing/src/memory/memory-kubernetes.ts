import {
  compareResourceVersions,
  isKubeError,
  type Kind,
  type KubeClient,
  KubeError,
  type KubeObject,
  type ListOptions,
  parseLabelSelector,
  type WatchEvent,
  type WatchOptions,
  withSpec,
} from '@metal3/kube-client';
import { isTooOld, MemoryCluster } from './cluster.ts';

/** An API server in memory: a KubeClient, and ways to make things go wrong. */
export interface MemoryKubernetes extends KubeClient {
  /** Forgets the history of changes, as etcd's compaction does: older watches are answered 410 Gone. */
  compact(): void;
  /** Ends all watches, as a connection loss does. */
  disconnect(): void;
  /** Sends a bookmark to all watches. */
  bookmark(): void;
  /** While set, every call fails with Unavailable. */
  down: boolean;
  /** Fails the next call of this verb on this kind. */
  failNext(verb: keyof KubeClient, kind: Kind, error: KubeError): void;
  /** Counts of calls by `verb plural`. */
  readonly calls: ReadonlyMap<string, number>;
}

/**
 * Passes the same conformance suite as the real one. Left out: schemas and defaults, admission, garbage collection of
 * owned objects, fields other than name and namespace in field selectors, conflicts between appliers.
 *
 * @param now milliseconds since the epoch, for timestamps
 */
export function memoryKubernetes({ now = Date.now }: { readonly now?: () => number } = {}): MemoryKubernetes {
  const cluster = new MemoryCluster(now);
  const watches = new Set<(what: 'end' | 'bookmark') => void>();
  const failures: { verb: keyof KubeClient; plural: string; error: KubeError }[] = [];
  const calls = new Map<string, number>();

  const answer = async <Answer>(
    verb: keyof KubeClient,
    kind: Kind,
    signal: AbortSignal | undefined,
    respond: () => unknown,
  ): Promise<Answer> => {
    signal?.throwIfAborted();
    await Promise.resolve();
    calls.set(`${verb} ${kind.plural}`, (calls.get(`${verb} ${kind.plural}`) ?? 0) + 1);
    const planned = failures.findIndex((failure) => failure.verb === verb && failure.plural === kind.plural);
    if (planned >= 0) throw failures.splice(planned, 1)[0]?.error ?? new Error('unreachable');
    if (memory.down) throw new KubeError('Unavailable', 'the API server did not answer: it is down');
    return respond() as Answer;
  };

  const memory: MemoryKubernetes = {
    get: (kind, key, options) => answer('get', kind, options?.signal, () => copyOf(kind, cluster.read(kind, key))),

    async find(kind, key, options) {
      try {
        return await memory.get(kind, key, options);
      } catch (error) {
        if (isKubeError(error, 'NotFound')) return undefined;
        throw error;
      }
    },

    list: (kind, options = {}) =>
      answer('list', kind, options.signal, () => {
        const [version, after] = readContinue(options.continue) ?? [cluster.version, ''];
        const selects = selectionOf(options);
        const found = [...cluster.table(kind).objects]
          .filter(([key, object]) => key > after && selects(object))
          .sort(([a], [b]) => (a < b ? -1 : 1));
        const page = found.slice(0, options.limit ?? found.length);
        const last = page.at(-1)?.[0];
        return {
          items: page.map(([, object]) => copyOf(kind, object)),
          resourceVersion: version,
          continue: page.length < found.length ? writeContinue(version, last ?? '') : undefined,
        };
      }),

    create: (kind, object, options) =>
      answer('create', kind, options?.signal, () => withSpec(kind, cluster.create(kind, object, options?.dryRun))),

    replace: (kind, object, options) =>
      answer('replace', kind, options?.signal, () => withSpec(kind, cluster.replace(kind, object, options?.dryRun))),

    patch: (kind, key, patch, options) =>
      answer('patch', kind, options?.signal, () =>
        withSpec(kind, cluster.patch(kind, key, 'main', patch, options?.dryRun)),
      ),

    patchStatus: (kind, key, patch, options) =>
      answer('patchStatus', kind, options?.signal, () =>
        withSpec(kind, cluster.patch(kind, key, 'status', patch, options?.dryRun)),
      ),

    delete: (kind, key, options = {}) =>
      answer('delete', kind, options.signal, () => {
        const left = cluster.delete(kind, key, options);
        return left && withSpec(kind, left);
      }),

    async *watch<T extends KubeObject>(kind: Kind<T>, options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
      await answer('watch', kind, options.signal, () => undefined);
      const table = cluster.table(kind);
      const selects = selectionOf(options);
      let seen = options.resourceVersion ?? cluster.version;
      if (isTooOld(table, seen)) {
        throw new KubeError('Gone', `too old resource version: ${seen} (${table.forgottenUpTo})`, { status: 410 });
      }
      const news: ('end' | 'bookmark')[] = [];
      let wake = Promise.withResolvers<void>();
      const tell = (what?: 'end' | 'bookmark'): void => {
        if (what !== undefined) news.push(what);
        wake.resolve();
      };
      const changed = (): void => tell();
      const timer =
        options.timeoutSeconds && setTimeout(() => (tell('bookmark'), tell('end')), options.timeoutSeconds * 1000);
      table.watchers.add(changed);
      watches.add(tell);
      options.signal?.addEventListener('abort', changed, { once: true });
      try {
        if (options.resourceVersion === undefined) {
          for (const object of [...table.objects.values()].filter(selects))
            yield { type: 'ADDED', object: copyOf(kind, object) };
        }
        while (true) {
          options.signal?.throwIfAborted();
          for (const change of table.changes.filter(({ version }) => compareResourceVersions(version, seen) > 0)) {
            seen = change.version;
            const was = change.before !== undefined && selects(change.before);
            const is = change.after !== undefined && selects(change.after);
            if (is) yield { type: was ? 'MODIFIED' : 'ADDED', object: copyOf(kind, change.after) };
            else if (was) yield { type: 'DELETED', object: lastOf(kind, change.after ?? change.before, change) };
          }
          const next = news.shift();
          if (next === 'end') return;
          if (next === 'bookmark') {
            seen = cluster.version;
            yield { type: 'BOOKMARK', resourceVersion: seen };
            continue;
          }
          await wake.promise;
          wake = Promise.withResolvers<void>();
        }
      } finally {
        clearTimeout(timer);
        table.watchers.delete(changed);
        watches.delete(tell);
        options.signal?.removeEventListener('abort', changed);
      }
    },

    compact: () => cluster.compact(),
    disconnect: () => {
      for (const tell of watches) tell('end');
    },
    bookmark: () => {
      for (const tell of watches) tell('bookmark');
    },
    down: false,
    failNext: (verb, kind, error) => void failures.push({ verb, plural: kind.plural, error }),
    calls,
  };
  return memory;
}

function copyOf<T extends KubeObject>(kind: Kind<T>, object: KubeObject): T {
  return structuredClone(withSpec(kind, object)) as T;
}

/** The end of an object bears the version of its end. */
function lastOf<T extends KubeObject>(
  kind: Kind<T>,
  object: KubeObject | undefined,
  { version }: { readonly version: string },
): T {
  const last = copyOf(kind, object ?? { apiVersion: '', kind: '', metadata: {} });
  last.metadata.resourceVersion = version;
  return last;
}

function selectionOf({ namespace, labelSelector, fieldSelector }: ListOptions): (object: KubeObject) => boolean {
  const labels = parseLabelSelector(labelSelector);
  const fields = (fieldSelector ?? '').split(',').filter((part) => part !== '');
  const wanted = fields.map((field) => {
    const match = /^metadata\.(name|namespace)==?(.*)$/.exec(field);
    if (match === null) throw new KubeError('BadRequest', `field label not supported: ${field}`, { status: 400 });
    return { field: match[1] as 'name' | 'namespace', value: match[2] };
  });
  return ({ metadata }) =>
    (namespace === undefined || metadata.namespace === namespace) &&
    labels(metadata.labels) &&
    wanted.every(({ field, value }) => metadata[field] === value);
}

function writeContinue(version: string, after: string): string {
  return Buffer.from(JSON.stringify([version, after])).toString('base64url');
}

function readContinue(token: string | undefined): [version: string, after: string] | undefined {
  if (token === undefined || token === '') return undefined;
  return JSON.parse(Buffer.from(token, 'base64url').toString()) as [string, string];
}
