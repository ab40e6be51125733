import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { fakeClock, silentLog, testService, type FakeClock } from '@metal3/testing';
import { leaseDuty } from './lease-duty.ts';

let kubernetes: MemoryKubernetes;
let clock: FakeClock;
const ends: AbortController[] = [];
beforeEach(() => {
  clock = fakeClock();
  kubernetes = memoryKubernetes({ now: clock.now });
});
afterEach(async () => {
  for (const end of ends.splice(0)) end.abort();
  await clock.advance(0);
});

/** A replica; `reach` tells whether it gets through to the API server. */
async function replica(identity: string, reach = () => true, ownClock: FakeClock = clock) {
  const client: MemoryKubernetes = new Proxy(kubernetes, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        reach()
          ? (Reflect.apply(value, target, args) as unknown)
          : Promise.reject(new Error('no way to the API server'));
    },
  });
  const duty = leaseDuty({ client, namespace: 'test', name: 'dhcp', identity, clock: ownClock, log: silentLog });
  const takeovers: number[] = [];
  duty.onTakeover(() => takeovers.push(ownClock.now()));
  const end = new AbortController();
  ends.push(end);
  await duty.start(end.signal, testService('pxe-server', { clock: ownClock }));
  await clock.advance(0);
  return { duty, end, takeovers };
}

test('one replica is on duty, and when it stops another is within two seconds', async () => {
  const one = await replica('one');
  const two = await replica('two');
  await clock.advance(60_000);
  expect([one.duty.onDuty(), two.duty.onDuty()]).toEqual([true, false]);
  one.end.abort();
  await one.duty.stop();
  expect(one.duty.onDuty()).toBe(false);
  await clock.advance(2_000);
  expect(two.duty.onDuty()).toBe(true);
  expect([one.takeovers.length, two.takeovers.length]).toEqual([1, 1]);
});

test('who cannot renew falls silent before another takes over, and takes its turn again later', async () => {
  let reaches = true;
  const one = await replica('one', () => reaches);
  const two = await replica('two');
  await clock.advance(10_000);
  reaches = false;
  const onDuty = { none: 0, one: 0, two: 0, both: 0 };
  for (let second = 0; second < 30; second++) {
    await clock.advance(1_000);
    const [a, b] = [one.duty.onDuty(), two.duty.onDuty()];
    onDuty[a && b ? 'both' : a ? 'one' : b ? 'two' : 'none']++;
  }
  expect(onDuty.both).toBe(0);
  expect(onDuty.one).toBeGreaterThan(7);
  expect(onDuty.two).toBeGreaterThan(10);
  reaches = true;
  two.end.abort();
  await two.duty.stop();
  await clock.advance(20_000);
  expect(one.duty.onDuty()).toBe(true);
  expect(one.takeovers).toHaveLength(2);
});

test('a process that was stopped and goes on is not on duty, whatever it believed', async () => {
  const asleep = fakeClock();
  const one = await replica('one', () => true, asleep);
  expect(one.duty.onDuty()).toBe(true);
  // Time has passed, and none of its timers has fired yet.
  const later = leaseDutySeenAt(one.duty, asleep, 10_000);
  expect(later).toBe(false);
});

test('a machine whose clock is set back does not make its replica go on for longer', async () => {
  let reaches = true;
  const set = fakeClock();
  const one = await replica('one', () => reaches, set);
  expect(one.duty.onDuty()).toBe(true);
  reaches = false;
  const { now } = set;
  Object.assign(set, { now: () => now() - 3_600_000 });
  await set.advance(11_000);
  expect(one.duty.onDuty()).toBe(false);
});

/** What a duty says when so much time has passed and nothing else has happened. */
function leaseDutySeenAt(duty: { onDuty(): boolean }, of: FakeClock, ms: number): boolean {
  const before = of.monotonic;
  const then = before() + ms;
  Object.assign(of, { monotonic: () => then });
  try {
    return duty.onDuty();
  } finally {
    Object.assign(of, { monotonic: before });
  }
}
