import { expect, test } from '@jest/globals';
import { fakeClock } from './fake-clock.ts';
import { seededRandom } from './seeded-random.ts';

test('sleeps end in the order of their times when the clock is moved', async () => {
  const clock = fakeClock(0);
  const woken: string[] = [];
  void clock.sleep(20).then(() => woken.push(`b at ${clock.now()}`));
  void clock.sleep(10).then(() => woken.push(`a at ${clock.now()}`));
  void clock.sleep(31).then(() => woken.push('late'));
  await clock.advance(30);
  expect(woken).toEqual(['a at 10', 'b at 20']);
  expect(clock.now()).toBe(30);
  expect(clock.pending).toBe(1);
});

test('a repeated task runs once a period until aborted, and never overlaps', async () => {
  const clock = fakeClock(0);
  const stop = new AbortController();
  const runs: number[] = [];
  const every = clock.every(
    10,
    async () => {
      runs.push(clock.now());
      await clock.sleep(5);
    },
    stop.signal,
  );
  await clock.advance(46);
  expect(runs).toEqual([10, 25, 40]);
  stop.abort();
  await clock.advance(10);
  await every;
});

test('a deadline aborts with a TimeoutError', async () => {
  const clock = fakeClock();
  const signal = clock.deadline(100);
  await clock.advance(99);
  expect(signal.aborted).toBe(false);
  await clock.advance(1);
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

test('the same seed gives the same values, and UUIDs have the right form', () => {
  const [one, other] = [seededRandom(7), seededRandom(7)];
  expect(one.fraction()).toBe(other.fraction());
  expect(one.uuid()).toBe(other.uuid());
  expect(one.uuid()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
