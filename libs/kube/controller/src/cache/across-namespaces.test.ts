import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { configMap, type ConfigMap } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { cacheAcross } from './across-namespaces.ts';
import type { Cache } from './cache.ts';
import { cachedClient } from './cached-client.ts';

let server: MemoryKubernetes;
let clock: FakeClock;
let stop: AbortController;
beforeEach(async () => {
  server = memoryKubernetes();
  clock = fakeClock();
  stop = new AbortController();
  for (const namespace of ['red', 'green', 'blue']) await server.create(configMap, object(namespace));
});
afterEach(() => stop.abort());

const object = (namespace: string, name = 'it') => ({ metadata: { namespace, name }, data: { colour: namespace } });

async function across(...namespaces: readonly string[]): Promise<Cache<ConfigMap>> {
  const client = cachedClient(server, { clock });
  const cache = cacheAcross(client, namespaces, configMap, {
    indexes: { name: ({ metadata }) => [metadata.name ?? ''] },
  });
  void client.run(stop.signal);
  await clock.advance(0);
  await cache.whenSynced();
  return cache;
}
const namespacesIn = (objects: readonly ConfigMap[]) => objects.map(({ metadata }) => metadata.namespace).sort();

test.each([
  ['all namespaces where none is named', [], ['blue', 'green', 'red']],
  ['one', ['red'], ['red']],
  ['several', ['red', 'blue'], ['blue', 'red']],
])('holds the objects of %s', async (_sentence, namespaces, held) => {
  const cache = await across(...namespaces);
  expect(cache.synced).toBe(true);
  expect(namespacesIn(cache.list())).toEqual(held);
  expect(namespacesIn(cache.byIndex('name', 'it'))).toEqual(held);
  for (const namespace of ['red', 'green', 'blue']) {
    const there = held.includes(namespace);
    expect(cache.find({ namespace, name: 'it' }) !== undefined).toBe(there);
    expect(cache.list({ namespace })).toHaveLength(there ? 1 : 0);
  }
});

test('never asks for more than the namespaces that it was given', async () => {
  const asked: (string | undefined)[] = [];
  const { list } = server;
  server.list = (kind, options) => {
    asked.push(options?.namespace);
    return list(kind, options);
  };
  await across('red', 'blue');
  expect(asked.sort()).toEqual(['blue', 'red']);
});

test('tells of changes in each of them, until it is told to stop', async () => {
  const cache = await across('red', 'blue');
  const seen: string[] = [];
  const enough = cache.onChange(({ key }) => void seen.push(`${key.namespace}/${key.name}`));
  for (const namespace of ['red', 'green', 'blue']) await server.create(configMap, object(namespace, 'new'));
  await clock.advance(0);
  expect(seen.sort()).toEqual(['blue/new', 'red/new']);
  enough();
  await server.delete(configMap, { namespace: 'red', name: 'new' });
  await clock.advance(0);
  expect(seen).toHaveLength(2);
});
