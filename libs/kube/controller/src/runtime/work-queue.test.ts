import { expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import { workQueue } from './work-queue.ts';

const never = new AbortController().signal;

test('hands out a key once however often it was added', async () => {
  const queue = workQueue({ clock: fakeClock() });
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  expect([await queue.take(never), await queue.take(never), queue.depth]).toEqual(['a', 'b', 0]);
});

test('never hands a key to two workers, and remembers that it came again', async () => {
  const queue = workQueue({ clock: fakeClock() });
  queue.add('a');
  await queue.take(never);
  queue.add('a');
  expect(queue.depth).toBe(0);
  queue.done('a');
  expect(queue.depth).toBe(1);
});

test('wakes a worker that waits, and lets it go when told to stop', async () => {
  const queue = workQueue({ clock: fakeClock() });
  const stop = new AbortController();
  const first = queue.take(never);
  const second = queue.take(stop.signal);
  queue.add('a');
  expect(await first).toBe('a');
  stop.abort();
  expect(await second).toBeUndefined();
});

test('lets a key come back later, the earliest wish first', async () => {
  const clock = fakeClock();
  const queue = workQueue({ clock });
  queue.addAfter('a', 5_000);
  queue.addAfter('a', 1_000);
  queue.addAfter('a', 9_000);
  await clock.advance(999);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(queue.depth).toBe(1);
  await queue.take(never);
  queue.done('a');
  await clock.advance(60_000);
  expect(queue.depth).toBe(0);
});

test('doubles the pause with each failure, from 5 ms to 1000 s, until forgotten', async () => {
  const clock = fakeClock();
  const queue = workQueue({ clock });
  const pauses: number[] = [];
  for (let failure = 0; failure < 20; failure++) {
    queue.addRateLimited('a');
    const started = clock.now();
    while (queue.depth === 0) await clock.advance(pauses.length < 6 ? 1 : 1_000);
    pauses.push(clock.now() - started);
    await queue.take(never);
    queue.done('a');
  }
  expect(pauses.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
  expect(pauses.at(-1)).toBe(1_000_000);
  queue.forget('a');
  expect(queue.failures('a')).toBe(0);
});
