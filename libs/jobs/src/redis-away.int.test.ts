import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort, startRedis, testRedis } from '@metal3/local-servers';
import { holds } from './testing/holds.ts';
import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { redisHintQueue } from './redis.ts';

test('while Redis is away hints are dropped and counted; when it is back, even emptied, they flow again', async () => {
  const port = await freePort();
  const events: string[] = [];
  const url = `redis://127.0.0.1:${port}`;
  const hints = redisHintQueue({ url, onEvent: ({ kind }) => events.push(kind) });
  const seen: string[] = [];
  hints.process([''], async (uuid) => void seen.push(uuid), { concurrency: 2 });
  hints.hint('never', '');
  expect(hints.state()).toMatchObject({ connected: false, dropped: 1 });

  // Before there is anything to connect to.
  await holds(() => expect(events).toEqual(['away']));
  const first = await startRedis({ port });
  await holds(() => expect(hints.state().connected).toBe(true));
  hints.hint('a', '');
  await holds(() => expect(seen).toEqual(['a']));

  await first.stop();
  await holds(() => expect(hints.state().connected).toBe(false));
  hints.hint('lost', '');
  const second = await startRedis({ port });
  await holds(() => expect(hints.state().connected).toBe(true));
  hints.hint('b', '');
  await holds(() => expect(seen).toEqual(['a', 'b']));
  await holds(() => expect(events.slice(0, 4)).toEqual(['away', 'back', 'away', 'back']));

  const admin = new Redis(url);
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await admin.quit();
  const warned = redisHintQueue({ url });
  await holds(() => expect(warned.state().warning).toMatch(/noeviction/));
  await warned.close();
  await hints.close();
  await second.stop();
});

test('closing while Redis is away does not hang', async () => {
  const hints = redisHintQueue({ url: `redis://127.0.0.1:${await freePort()}` });
  hints.process([''], async () => undefined, { concurrency: 1 });
  hints.hint('n', '');
  await hints.close();
});

test('a node whose hint died with its conductor can be hinted at again', async () => {
  const { url, prefix } = await testRedis();
  const stuck = spawn(process.execPath, [
    fileURLToPath(new URL('./testing/stuck-worker.ts', import.meta.url)),
    url,
    prefix,
  ]);
  const hints = redisHintQueue({ url, prefix, lockMs: 500 });
  await holds(() => expect(hints.state().connected).toBe(true));
  hints.hint('n', '');
  const [taken] = (await once(stuck.stdout, 'data')) as [Buffer];
  expect(String(taken)).toBe('n\n');
  stuck.kill('SIGKILL');

  const seen: string[] = [];
  hints.process([''], async (uuid) => void seen.push(uuid), { concurrency: 1 });
  hints.hint('n', '');
  await holds(() => expect(seen).toContain('n'));
  await hints.close();
});
