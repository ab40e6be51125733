import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configMap, type ConfigMap, KubeError, type KubeClient } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { fakeClock, type FakeClock } from '@metal3/testing';
import type { Cache, CacheChange, CachedClient } from './cache.ts';
import { cachedClient } from './cached-client.ts';

let server: MemoryKubernetes;
let clock: FakeClock;
let kube: CachedClient;
let cache: Cache<ConfigMap>;
let changes: string[];
let stop: AbortController;
let running: Promise<void>;

beforeEach(async () => {
  server = memoryKubernetes();
  clock = fakeClock();
  stop = new AbortController();
  changes = [];
  await server.create(configMap, object('old', 'a'));
  start(server);
  await clock.advance(0);
});
afterEach(async () => {
  stop.abort();
  await running;
});

function start(client: KubeClient, options: { namespace?: string; labelSelector?: string } = {}): void {
  kube = cachedClient(client, { clock });
  cache = kube.cache(configMap, { indexes: { value: ({ data }) => Object.values(data ?? {}) }, ...options });
  cache.onChange((change) => void changes.push(describeChange(change)));
  running = kube.run(stop.signal);
}

const object = (name: string, value: string) => ({ metadata: { namespace: 'test', name }, data: { value } });
const keyed = (name: string) => ({ namespace: 'test', name });
const valueOf = (name: string) => cache.find(keyed(name))?.data?.['value'];
const set = (client: KubeClient, name: string, value: string) =>
  client.patch(configMap, keyed(name), { type: 'merge', body: { data: { value } } });

function describeChange({ key, before, after }: CacheChange<ConfigMap>): string {
  return `${key.name} ${before?.data?.['value'] ?? '-'}>${after?.data?.['value'] ?? '-'}`;
}

test('holds what was there, and then what happens', async () => {
  expect(cache.synced).toBe(true);
  await server.create(configMap, object('new', 'b'));
  await set(server, 'old', 'c');
  await server.delete(configMap, keyed('new'));
  await clock.advance(0);
  expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['old']);
  expect(changes).toEqual(['old ->a', 'new ->b', 'old a>c', 'new b>-']);
  expect(() => cache.get(keyed('new'))).toThrow(KubeError);
});

test('finds objects by index', async () => {
  expect(cache.byIndex('value', 'a')).toHaveLength(1);
  await set(kube, 'old', 'b');
  expect([cache.byIndex('value', 'a').length, cache.byIndex('value', 'b').length]).toEqual([0, 1]);
  expect(() => cache.byIndex('colour', 'red')).toThrow(TypeError);
});

test('shows own writes at once and tells of each only once', async () => {
  await set(kube, 'old', 'mine');
  expect(valueOf('old')).toBe('mine');
  await kube.create(configMap, object('new', 'b'));
  expect(valueOf('new')).toBe('b');
  await kube.delete(configMap, keyed('new'));
  expect(valueOf('new')).toBeUndefined();
  await clock.advance(0);
  expect(changes).toEqual(['old ->a', 'old a>mine', 'new ->b', 'new b>-']);
});

test('never goes back behind an own write while the watch lags', async () => {
  const lagging = hold(server);
  stop.abort();
  await running;
  stop = new AbortController();
  start(lagging.client);
  await clock.advance(0);
  await set(server, 'old', 'theirs');
  await set(kube, 'old', 'mine');
  await kube.create(configMap, object('brief', 'x'));
  await kube.delete(configMap, keyed('brief'));
  lagging.release();
  await clock.advance(0);
  expect(changes.slice(-3)).toEqual(['old a>mine', 'brief ->x', 'brief x>-']);
  expect(valueOf('old')).toBe('mine');
  expect(valueOf('brief')).toBeUndefined();
  await server.create(configMap, object('brief', 'again'));
  await clock.advance(0);
  expect(valueOf('brief')).toBe('again');
});

test.each(['watch', 'list'] as const)(
  'an answer that comes after the %s has told of the end does not bring the object back',
  async (teller) => {
    stop.abort();
    await running;
    stop = new AbortController();
    const late = Promise.withResolvers<void>();
    const slow: KubeClient = {
      ...server,
      create: async (...call) => {
        const answer = await server.create(...call);
        await late.promise;
        return answer;
      },
    };
    start(slow);
    await clock.advance(0);
    const writing = kube.create(configMap, object('brief', 'x'));
    if (teller === 'watch') await clock.advance(0);
    await server.delete(configMap, keyed('brief'));
    if (teller === 'list') {
      server.compact();
      server.disconnect();
      await clock.advance(2_000);
    }
    await clock.advance(0);
    late.resolve();
    await writing;
    expect(cache.find(keyed('brief'))).toBeUndefined();
    // What is made after that is shown at once, as ever.
    await kube.create(configMap, object('next', 'y'));
    expect(valueOf('next')).toBe('y');
  },
);

test('drops an object whose last finalizer it took off', async () => {
  await server.create(configMap, { metadata: { ...keyed('held'), finalizers: ['test/one'] }, data: { value: 'h' } });
  await kube.delete(configMap, keyed('held'));
  expect(cache.get(keyed('held')).metadata.deletionTimestamp).toBeDefined();
  await kube.patch(configMap, keyed('held'), { type: 'merge', body: { metadata: { finalizers: null } } });
  expect(cache.find(keyed('held'))).toBeUndefined();
});

test('resumes where a watch ended and loses nothing', async () => {
  server.disconnect();
  await set(server, 'old', 'b');
  await server.create(configMap, object('meanwhile', 'm'));
  await clock.advance(1_000);
  expect(changes).toEqual(['old ->a', 'old a>b', 'meanwhile ->m']);
  expect(server.calls.get('list configmaps')).toBe(1);
});

test('lists again after 410 Gone, and tells what went and what changed meanwhile', async () => {
  await server.create(configMap, object('doomed', 'd'));
  await clock.advance(0);
  server.down = true;
  server.disconnect();
  await clock.advance(1_000);
  server.down = false;
  await server.delete(configMap, keyed('doomed'));
  await set(server, 'old', 'b');
  server.compact();
  await clock.advance(60_000);
  expect(changes).toEqual(['old ->a', 'doomed ->d', 'old a>b', 'doomed d>-']);
  expect(server.calls.get('list configmaps')).toBe(2);
});

test('outlives a server that stays away, with pauses that grow', async () => {
  server.down = true;
  server.disconnect();
  await clock.advance(10 * 60_000);
  const tries = (server.calls.get('watch configmaps') ?? 0) + (server.calls.get('list configmaps') ?? 0);
  expect(tries).toBeLessThan(60);
  server.down = false;
  await set(server, 'old', 'back');
  await clock.advance(30_000);
  expect(valueOf('old')).toBe('back');
});

test('tells of a short interruption without alarm, warns of a long one without a stack, and says when it is over', async () => {
  stop.abort();
  await running;
  stop = new AbortController();
  const said: [string, string, object][] = [];
  const level = (name: string) => (fields: object, message: string) => void said.push([name, message, fields]);
  const log = { debug() {}, info: level('info'), warn: level('warn'), error: level('error') };
  kube = cachedClient(server, { clock, log });
  cache = kube.cache(configMap);
  running = kube.run(stop.signal);
  await clock.advance(0);

  server.down = true;
  server.disconnect();
  await clock.advance(500);
  server.down = false;
  await clock.advance(2_000);
  await set(server, 'old', 'b');
  // Pauses are random: one try or two fall into the interruption.
  expect(said.length).toBeGreaterThan(0);
  expect(said.every(([name]) => name === 'info')).toBe(true);

  said.length = 0;
  server.down = true;
  server.disconnect();
  await clock.advance(60_000);
  server.down = false;
  await clock.advance(60_000);
  await set(server, 'old', 'c');
  await clock.advance(0);
  const warnings = said.filter(([name]) => name === 'warn');
  expect(warnings[0]).toEqual(['warn', 'watch interrupted', expect.objectContaining({ code: 'Unavailable' })]);
  expect(warnings[0]?.[2]).not.toHaveProperty('err');
  expect(said.at(-1)?.slice(0, 2)).toEqual(['info', 'watching again']);
});

test('waits as long as a server asks that makes room for a new kind', async () => {
  const { watch } = server;
  const tries: number[] = [];
  const refusal = new KubeError('TooManyRequests', 'storage is (re)initializing', { status: 429, retryAfterMs: 7_000 });
  server.watch = async function* (kind, options) {
    tries.push(clock.now());
    if (tries.length === 1) throw refusal;
    yield* watch(kind, options);
  };
  server.disconnect();
  await clock.advance(20_000);
  expect(tries).toHaveLength(2);
  expect((tries[1] ?? 0) - (tries[0] ?? 0)).toBe(7_000);
});

test('forgets everything when the server has lost its data', async () => {
  server.disconnect();
  const emptied = memoryKubernetes();
  const before = server;
  stop.abort();
  await running;
  stop = new AbortController();
  let current: KubeClient = before;
  start(new Proxy({} as KubeClient, { get: (_target, method: keyof KubeClient) => current[method] }));
  for (let at = 0; at < 50; at++) await set(before, 'old', `v${at}`);
  await clock.advance(0);
  await emptied.create(configMap, object('fresh', 'f'));
  current = emptied;
  emptied.compact();
  before.down = true;
  before.disconnect();
  await clock.advance(5 * 60_000);
  emptied.disconnect();
  await clock.advance(1_000);
  expect(cache.list().map(({ metadata }) => metadata.name)).toEqual(['fresh']);
});

test('keeps to its selection, also for own writes', async () => {
  stop.abort();
  await running;
  stop = new AbortController();
  start(server, { labelSelector: 'shown=yes' });
  await clock.advance(0);
  await kube.create(configMap, object('hidden', 'x'));
  expect(valueOf('hidden')).toBeUndefined();
  const label = (shown: string) => ({ type: 'merge', body: { metadata: { labels: { shown } } } }) as const;
  await kube.patch(configMap, keyed('hidden'), label('yes'));
  expect(valueOf('hidden')).toBe('x');
  await kube.patch(configMap, keyed('hidden'), label('no'));
  expect(valueOf('hidden')).toBeUndefined();
  await clock.advance(0);
  expect(valueOf('hidden')).toBeUndefined();
});

test('is ready without a kind that may not be installed, and has it once it is', async () => {
  stop.abort();
  await running;
  stop = new AbortController();
  const missing = new KubeError('NotFound', '404 page not found');
  let installed = false;
  const { list } = server;
  server.list = (kind, options) => (installed ? list(kind, options) : Promise.reject(missing));
  kube = cachedClient(server, { clock });
  cache = kube.cache(configMap, { optional: true });
  running = kube.run(stop.signal);
  await kube.whenSynced();
  expect(cache.synced).toBe(false);
  let awaited = false;
  void cache.whenSynced().then(() => (awaited = true));
  await clock.advance(1_000);
  expect(awaited).toBe(false);
  installed = true;
  await clock.advance(60_000);
  expect([cache.synced, awaited, cache.list().length]).toEqual([true, true, 1]);
});

test('leaves managedFields out', async () => {
  await server.create(configMap, {
    metadata: { ...keyed('managed'), managedFields: [{ manager: 'someone' }] },
    data: {},
  });
  await clock.advance(0);
  expect(cache.get(keyed('managed')).metadata.managedFields).toBeUndefined();
});

/** A client whose watches tell nothing until released. */
function hold(client: MemoryKubernetes): { client: KubeClient; release: () => void } {
  const gate = Promise.withResolvers<void>();
  const held: KubeClient = {
    ...client,
    async *watch(kind, options) {
      const events = client.watch(kind, options);
      await gate.promise;
      yield* events;
    },
  };
  return { client: held, release: () => gate.resolve() };
}
