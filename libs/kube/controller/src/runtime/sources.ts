import { apiVersionOf, type Clock, type Kind, type KubeObject, type ObjectKey, keyOf } from '@metal3/kube-client';
import type { Cache, CacheChange } from '../cache/cache.ts';
import type { Source } from './reconcile.ts';

/** Every change of an object of this cache, and, at the start, every object in it. */
export function changesOf<T extends KubeObject>(
  cache: Cache<T>,
  options: { readonly where?: (change: CacheChange<T>) => boolean } = {},
): Source {
  const wanted = options.where ?? (() => true);
  return relatedTo(cache, (change) => (wanted(change) ? [change.key] : []));
}

/** The object of the given kind that a changed object names as an owner. */
export function ownersOf<T extends KubeObject>(cache: Cache<T>, ownerKind: Kind): Source {
  const group = apiVersionOf(ownerKind).split('/')[0];
  return relatedTo(cache, ({ before, after }) => {
    const namespace = (after ?? before)?.metadata.namespace;
    const references = [...(after?.metadata.ownerReferences ?? []), ...(before?.metadata.ownerReferences ?? [])];
    return references
      .filter((owner) => owner.kind === ownerKind.kind && owner.apiVersion.split('/')[0] === group)
      .map((owner) => (ownerKind.namespaced ? { namespace, name: owner.name } : { name: owner.name }));
  });
}

/** The same source for a kind that may not be installed: passes begin before it is loaded. */
export function withoutWaiting(source: Source): Source {
  return { ...source, ready: async () => {} };
}

/** The objects that `affected` names for each change of an object of this cache. */
export function relatedTo<T extends KubeObject>(
  cache: Cache<T>,
  affected: (change: CacheChange<T>) => Iterable<ObjectKey>,
): Source {
  return {
    ready: (signal) => cache.whenSynced(signal),
    start(enqueue, signal) {
      const tell = (change: CacheChange<T>): void => {
        for (const key of affected(change)) enqueue(key);
      };
      const stop = cache.onChange(tell);
      signal.addEventListener('abort', stop, { once: true });
      for (const object of cache.list()) tell({ key: keyOf(object), before: undefined, after: object });
    },
  };
}

export interface Rhythm {
  readonly clock: Pick<Clock, 'after'>;
  readonly everyMs: number;
}

/** What `look` finds, once in so many milliseconds, whether anything is known to have changed or not. */
export function onceInAWhile(look: () => readonly ObjectKey[], { clock, everyMs }: Rhythm): Source {
  return {
    async ready() {},
    start(enqueue, signal) {
      let cancel = (): void => {};
      const plan = (): void => {
        cancel = clock.after(everyMs, () => {
          for (const key of look()) enqueue(key);
          plan();
        });
      };
      plan();
      signal.addEventListener('abort', () => cancel(), { once: true });
    },
  };
}

/** Every object of a cache, once in so many milliseconds. */
export function resyncOf<T extends KubeObject>(cache: Cache<T>, rhythm: Rhythm): Source {
  return onceInAWhile(() => cache.list().map(keyOf), rhythm);
}

/** A source that is rung by hand, for work that other work finds. What is rung before the controller runs is not lost. */
export interface Bell extends Source {
  ring(key: ObjectKey): void;
}

export function bell(): Bell {
  const early: ObjectKey[] = [];
  let ring = (key: ObjectKey): void => void early.push(key);
  return {
    ring: (key) => ring(key),
    async ready() {},
    start(enqueue, signal) {
      ring = enqueue;
      for (const key of early.splice(0)) enqueue(key);
      const stop = (): void => {
        ring = () => {};
      };
      signal.addEventListener('abort', stop, { once: true });
    },
  };
}
