import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configMap, formatKey, secret, silentLog } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { fakeClock, type FakeClock } from '@metal3/testing';
import type { CachedClient } from '../cache/cache.ts';
import { cachedClient } from '../cache/cached-client.ts';
import { controller } from './controller.ts';
import { type Reconcile, type Source, TerminalError } from './reconcile.ts';
import { changesOf, ownersOf, relatedTo, resyncOf } from './sources.ts';

let server: MemoryKubernetes;
let clock: FakeClock;
let kube: CachedClient;
let stop: AbortController;
const tasks: Promise<void>[] = [];

beforeEach(() => {
  server = memoryKubernetes();
  clock = fakeClock();
  kube = cachedClient(server, { clock });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await Promise.all(tasks.splice(0));
});

function run(watches: readonly Source[], reconcile: Reconcile, concurrency = 1): void {
  const made = controller({ name: 'test', watches, reconcile, concurrency, clock, log: silentLog });
  tasks.push(kube.run(stop.signal), made.run(stop.signal));
}

const named = (name: string) => ({ metadata: { namespace: 'test', name } });

test('looks at everything once in the beginning and again after each change', async () => {
  const seen: string[] = [];
  await server.create(configMap, named('a'));
  run([changesOf(kube.cache(configMap))], (key) => Promise.resolve(void seen.push(formatKey(key))));
  await clock.advance(0);
  await server.create(configMap, named('b'));
  await clock.advance(0);
  expect(seen).toEqual(['test/a', 'test/b']);
});

test('looks at the owner of what changed, and at what else a change concerns', async () => {
  const seen: string[] = [];
  const owner = await server.create(configMap, named('owner'));
  const secrets = kube.cache(secret);
  run([ownersOf(secrets, configMap), relatedTo(secrets, () => [{ name: 'related' }])], (key) =>
    Promise.resolve(void seen.push(formatKey(key))),
  );
  const { name = '', uid = '' } = owner.metadata;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name, uid }];
  await server.create(secret, { metadata: { namespace: 'test', name: 's', ownerReferences } });
  await clock.advance(0);
  expect(seen).toEqual(['test/owner', 'related']);
});

test('looks at everything anew whenever the period is over, until it stops', async () => {
  const seen: string[] = [];
  await server.create(configMap, named('a'));
  const cache = kube.cache(configMap);
  run([resyncOf(cache, { clock, everyMs: 60_000 })], (key) => Promise.resolve(void seen.push(formatKey(key))));
  await clock.advance(59_000);
  expect(seen).toEqual([]);
  await clock.advance(62_000);
  expect(seen).toEqual(['test/a', 'test/a']);
  stop.abort();
  await clock.advance(120_000);
  expect(seen).toHaveLength(2);
});

test('tries a failed pass again with back-off, and tells it how often it failed', async () => {
  const failures: number[] = [];
  await server.create(configMap, named('a'));
  run([changesOf(kube.cache(configMap))], (_key, context) => {
    failures.push(context.failures);
    return failures.length < 4 ? Promise.reject(new Error('no')) : Promise.resolve();
  });
  await clock.advance(0);
  expect(failures).toEqual([0]);
  await clock.advance(5 + 10 + 20);
  expect(failures).toEqual([0, 1, 2, 3]);
  await clock.advance(60_000);
  expect(failures).toHaveLength(4);
});

test('leaves a terminal failure alone until something changes', async () => {
  let passes = 0;
  await server.create(configMap, named('a'));
  run([changesOf(kube.cache(configMap))], () => Promise.reject(new TerminalError(`pass ${++passes}`)));
  await clock.advance(3_600_000);
  expect(passes).toBe(1);
  await server.patch(configMap, { namespace: 'test', name: 'a' }, { type: 'merge', body: { data: { x: 'y' } } });
  await clock.advance(0);
  expect(passes).toBe(2);
});

test('comes back after the time that a pass asked for', async () => {
  let passes = 0;
  await server.create(configMap, named('a'));
  run([changesOf(kube.cache(configMap))], () => Promise.resolve(++passes < 3 ? { requeueAfterMs: 10_000 } : undefined));
  await clock.advance(9_999);
  expect(passes).toBe(1);
  await clock.advance(10_001);
  expect(passes).toBe(3);
});

test('works on several objects at a time, never twice on one', async () => {
  const open = Promise.withResolvers<void>();
  let now = 0;
  let most = 0;
  for (const name of ['a', 'b', 'c', 'd']) await server.create(configMap, named(name));
  run(
    [changesOf(kube.cache(configMap))],
    async () => {
      most = Math.max(most, ++now);
      await open.promise;
      now -= 1;
    },
    3,
  );
  await clock.advance(0);
  expect(most).toBe(3);
  open.resolve();
  await clock.advance(0);
  expect(now).toBe(0);
});
