import { compareResourceVersions, formatKey, keyOf, type KubeObject, type ObjectKey } from '@metal3/kube-client';
import type { CacheChange } from './cache.ts';

/** Versions of an object that must not come back: those of this uid up to this version. */
interface Tombstone {
  readonly uid: string | undefined;
  readonly upTo: string | 'ever';
}

/**
 * The newest known version of every object, whoever brought it: the list, the watch or a write of our own. What is
 * older than what is known changes nothing, which makes own writes show until the watch has caught up.
 */
export class NewestWins<T extends KubeObject> {
  readonly #objects = new Map<string, T>();
  readonly #tombstones = new Map<string, Tombstone>();
  readonly #indexes: ReadonlyMap<string, Index<T>>;
  readonly #changed: (change: CacheChange<T>) => void;
  /** The list and the watch have told everything up to this version. */
  #toldUpTo: string | undefined;

  constructor(
    indexes: Readonly<Record<string, (object: T) => readonly string[]>>,
    changed: (change: CacheChange<T>) => void,
  ) {
    this.#indexes = new Map(Object.entries(indexes).map(([name, valuesOf]) => [name, new Index(valuesOf)]));
    this.#changed = changed;
  }

  find(key: ObjectKey): T | undefined {
    return this.#objects.get(formatKey(key));
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  byIndex(name: string, value: string): T[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new TypeError(`no index "${name}" was declared for this cache`);
    return [...index.keysOf(value)].flatMap((key) => this.#objects.get(key) ?? []);
  }

  /** What the list or the watch tells. */
  put(object: T): void {
    this.#told(object);
    this.#put(object);
  }

  /**
   * The answer to a write of our own. It may come after the watch has told of it, and even of the end of the object: that must not come back.
   */
  putOwn(object: T): void {
    const known = this.#objects.get(formatKey(keyOf(object)))?.metadata.uid === object.metadata.uid;
    const old = this.#toldUpTo !== undefined && compareResourceVersions(versionOf(object), this.#toldUpTo) <= 0;
    if (known || !old) this.#put(object);
  }

  #told(object: T): void {
    const version = versionOf(object);
    if (compareResourceVersions(version, this.#toldUpTo) > 0) this.#toldUpTo = version;
  }

  #put(object: T): void {
    const key = formatKey(keyOf(object));
    const tombstone = this.#tombstones.get(key);
    if (tombstone !== undefined) {
      if (covers(tombstone, object)) return;
      this.#tombstones.delete(key);
    }
    const before = this.#objects.get(key);
    if (before !== undefined && compareResourceVersions(versionOf(object), versionOf(before)) <= 0) return;
    this.#set(key, before, object);
  }

  /** The object has gone; `last` is the version that the watch tells of its end. */
  remove(last: T): void {
    this.#told(last);
    const key = formatKey(keyOf(last));
    const tombstone = this.#tombstones.get(key);
    if (tombstone !== undefined && tombstone.uid === last.metadata.uid) this.#tombstones.delete(key);
    const before = this.#objects.get(key);
    if (before === undefined || compareResourceVersions(versionOf(before), versionOf(last)) > 0) return;
    this.#set(key, before, undefined);
  }

  /** A write of ours took the object away; later news of versions up to `upTo` are hidden. */
  bury(key: ObjectKey, uid: string | undefined, upTo: string | 'ever'): void {
    const text = formatKey(key);
    const before = this.#objects.get(text);
    if (before === undefined || (uid !== undefined && before.metadata.uid !== uid)) return;
    this.#tombstones.set(text, { uid: before.metadata.uid, upTo });
    this.#set(text, before, undefined);
  }

  /**
   * Takes over a list. What it lacks has gone, unless a write of ours is newer than the list; `forgetful` drops that
   * too (the server has lost its data, so its versions have begun anew).
   */
  replaceAll(objects: Iterable<T>, listVersion: string, forgetful: boolean): void {
    if (forgetful) this.#tombstones.clear();
    this.#toldUpTo = listVersion;
    const listed = new Set<string>();
    for (const object of objects) {
      const key = formatKey(keyOf(object));
      listed.add(key);
      if (forgetful) this.#set(key, this.#objects.get(key), object);
      else this.put(object);
    }
    for (const key of this.#tombstones.keys()) if (!listed.has(key)) this.#tombstones.delete(key);
    for (const [key, object] of this.#objects) {
      if (listed.has(key)) continue;
      if (!forgetful && compareResourceVersions(versionOf(object), listVersion) > 0) continue;
      this.#set(key, object, undefined);
    }
  }

  #set(key: string, before: T | undefined, after: T | undefined): void {
    if (after === undefined) this.#objects.delete(key);
    else this.#objects.set(key, after);
    for (const index of this.#indexes.values()) index.move(key, before, after);
    const named = after ?? before;
    if (named !== undefined) this.#changed({ key: keyOf(named), before, after });
  }
}

class Index<T> {
  readonly #valuesOf: (object: T) => readonly string[];
  readonly #keys = new Map<string, Set<string>>();

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.#valuesOf = valuesOf;
  }

  keysOf(value: string): Iterable<string> {
    return this.#keys.get(value) ?? [];
  }

  move(key: string, before: T | undefined, after: T | undefined): void {
    for (const value of before === undefined ? [] : this.#valuesOf(before)) {
      const keys = this.#keys.get(value);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(value);
    }
    for (const value of after === undefined ? [] : this.#valuesOf(after)) {
      const keys = this.#keys.get(value) ?? new Set();
      this.#keys.set(value, keys.add(key));
    }
  }
}

function versionOf(object: KubeObject): string | undefined {
  return object.metadata.resourceVersion;
}

function covers(tombstone: Tombstone, object: KubeObject): boolean {
  if (tombstone.uid !== object.metadata.uid) return false;
  return tombstone.upTo === 'ever' || compareResourceVersions(versionOf(object), tombstone.upTo) <= 0;
}
