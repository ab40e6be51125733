import { expect, test } from '@jest/globals';
import { configMap, KubeError, type WatchEvent } from '@metal3/kube-client';
import { memoryKubernetes } from './memory-kubernetes.ts';

const given = (name: string) => ({ metadata: { namespace: 'test', name } });

// The real server sends bookmarks once a minute, too slow for the conformance suite.
test('sends bookmarks from which the next watch goes on', async () => {
  const server = memoryKubernetes();
  const { resourceVersion } = await server.list(configMap);
  const events: WatchEvent<object & Awaited<ReturnType<typeof server.get>>>[] = [];
  const watching = (async () => {
    for await (const event of server.watch(configMap, { resourceVersion })) events.push(event);
  })();
  await server.create(configMap, given('before'));
  server.bookmark();
  server.disconnect();
  await watching;
  expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
  const last = events[1];
  if (last?.type !== 'BOOKMARK') throw new Error('no bookmark');
  await server.create(configMap, given('after'));
  for await (const event of server.watch(configMap, { resourceVersion: last.resourceVersion })) {
    expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'after' } } });
    break;
  }
});

test('answers Gone after a compaction', async () => {
  const server = memoryKubernetes();
  const { metadata } = await server.create(configMap, given('a'));
  server.compact();
  const watch = server.watch(configMap, { resourceVersion: metadata.resourceVersion })[Symbol.asyncIterator]();
  await expect(watch.next()).rejects.toMatchObject({ code: 'Gone' });
});

test('fails as told', async () => {
  const server = memoryKubernetes();
  server.failNext('create', configMap, new KubeError('Conflict', 'planned'));
  await expect(server.create(configMap, given('a'))).rejects.toThrow('planned');
  await server.create(configMap, given('a'));
  server.down = true;
  await expect(server.get(configMap, { namespace: 'test', name: 'a' })).rejects.toMatchObject({ code: 'Unavailable' });
});
