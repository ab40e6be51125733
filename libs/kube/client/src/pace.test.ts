import { expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import { configMap } from './core-kinds.ts';
import { paced } from './pace.ts';
import type { Kubernetes } from './rest/rest-client.ts';

/** Answers at once; of a Kubernetes only `get` is called here. */
function counting() {
  let calls = 0;
  const client = { get: () => Promise.resolve((calls += 1)) } as unknown as Kubernetes;
  return { client, calls: () => calls };
}
const key = { namespace: 'default', name: 'any' };

test('lets a burst through, and then so many a second', async () => {
  const clock = fakeClock();
  const { client, calls } = counting();
  const slow = paced(client, { qps: 10, burst: 5 }, clock);
  const all = Array.from({ length: 20 }, () => slow.get(configMap, key));
  await clock.advance(0);
  expect(calls()).toBe(5);
  await clock.advance(1_000);
  expect(calls()).toBe(15);
  await clock.advance(500);
  await Promise.all(all);
  await clock.advance(10_000);
  void Array.from({ length: 20 }, () => slow.get(configMap, key).catch(() => {}));
  await clock.advance(0);
  expect(calls()).toBe(25);
});

test('keeps nobody waiting because the clock of the machine is set back', async () => {
  const clock = fakeClock();
  const { client, calls } = counting();
  const slow = paced(client, { qps: 1, burst: 1 }, clock);
  await slow.get(configMap, key);
  const { now } = clock;
  Object.assign(clock, { now: () => now() - 3_600_000 });
  const waiting = slow.get(configMap, key);
  await clock.advance(1_000);
  await waiting;
  expect(calls()).toBe(2);
});

test('whose turn has not come may give up', async () => {
  const clock = fakeClock();
  const slow = paced(counting().client, { qps: 1, burst: 1 }, clock);
  await slow.get(configMap, key);
  const gone = new AbortController();
  const waiting = slow.get(configMap, key, { signal: gone.signal });
  gone.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});

test('is the client itself where there is no limit', () => {
  const { client } = counting();
  expect(paced(client, { qps: 0, burst: 30 }, fakeClock())).toBe(client);
});
