import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { KubeError, silentLog } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { lease, LeadershipLost, whileLeading } from './leader-election.ts';
import { controllersPart } from './parts.ts';

let server: MemoryKubernetes;
let clock: FakeClock;
let leaders: string[];
const stops: AbortController[] = [];

beforeEach(() => {
  clock = fakeClock();
  server = memoryKubernetes({ now: clock.now });
  leaders = [];
});
afterEach(() => stops.splice(0).forEach((stop) => stop.abort()));

function candidate(identity: string, ownClock = clock): { stop: AbortController; end: Promise<unknown> } {
  const stop = new AbortController();
  stops.push(stop);
  const options = { client: server, namespace: 'test', name: 'service', identity, clock: ownClock, log: silentLog };
  const end = whileLeading(
    options,
    (signal) => {
      leaders.push(identity);
      return new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => {
          leaders.splice(leaders.indexOf(identity), 1);
          resolve();
        }),
      );
    },
    stop.signal,
  ).then(
    () => 'stopped',
    (error: unknown) => error,
  );
  return { stop, end };
}

test('lets one lead at a time, for as long as it renews', async () => {
  candidate('one');
  candidate('two');
  await clock.advance(120_000);
  expect(leaders).toHaveLength(1);
  const { spec } = await server.get(lease, { namespace: 'test', name: 'service' });
  expect(spec).toMatchObject({ holderIdentity: leaders[0], leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(spec.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
});

test.each([3_600_000, -3_600_000])(
  'a clock that is set by %s ms makes nobody leader and nobody resign',
  async (step) => {
    const set = fakeClock();
    candidate('one');
    await clock.advance(0);
    candidate('two', set);
    for (let second = 0; second < 30; second++) {
      if (second === 6) {
        const { now } = set;
        Object.assign(set, { now: () => now() + step });
      }
      await clock.advance(1_000);
      // It looks twice between two renewals.
      await set.advance(2_000);
    }
    expect(leaders).toEqual(['one']);
  },
);

test('hands over at once when the leader stops', async () => {
  const one = candidate('one');
  await clock.advance(0);
  candidate('two');
  one.stop.abort();
  expect(await one.end).toBe('stopped');
  await clock.advance(2_000);
  expect(leaders).toEqual(['two']);
  expect((await server.get(lease, { namespace: 'test', name: 'service' })).spec.leaseTransitions).toBe(1);
});

test('waits for the Lease of a silent leader to run out, by the own clock alone', async () => {
  await server.create(lease, {
    metadata: { namespace: 'test', name: 'service' },
    spec: { holderIdentity: 'crashed', leaseDurationSeconds: 15, renewTime: '2200-01-01T00:00:00.000000Z' },
  });
  candidate('two');
  await clock.advance(14_000);
  expect(leaders).toEqual([]);
  await clock.advance(4_000);
  expect(leaders).toEqual(['two']);
});

test('aborts what it leads and ends with an error once renewing has failed for 10 s', async () => {
  const one = candidate('one');
  await clock.advance(5_000);
  server.down = true;
  await clock.advance(8_000);
  expect(leaders).toEqual(['one']);
  await clock.advance(5_000);
  expect(leaders).toEqual([]);
  expect(await one.end).toBeInstanceOf(LeadershipLost);
});

test('aborts at once when another has taken the Lease', async () => {
  const one = candidate('one');
  await clock.advance(0);
  const held = await server.get(lease, { namespace: 'test', name: 'service' });
  await server.replace(lease, { ...held, spec: { ...held.spec, holderIdentity: 'thief' } });
  await clock.advance(4_000);
  expect(await one.end).toBeInstanceOf(LeadershipLost);
});

test('survives a renewal that failed once', async () => {
  candidate('one');
  await clock.advance(0);
  server.failNext('replace', lease, new KubeError('Unavailable', 'planned'));
  await clock.advance(60_000);
  expect(leaders).toEqual(['one']);
});

test('says when the Lease was got and renewed, so that a leader who has slept can tell', async () => {
  const renewals: number[] = [];
  const stop = new AbortController();
  stops.push(stop);
  const options = { client: server, namespace: 'test', name: 'service', identity: 'one', clock, log: silentLog };
  const began = clock.monotonic();
  const lead = (signal: AbortSignal) =>
    new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  void whileLeading({ ...options, onRenewed: (at) => void renewals.push(at - began) }, lead, stop.signal);
  await clock.advance(6_000);
  expect(renewals).toEqual([0, 2_000, 4_000, 6_000]);
});

test('a lost Lease ends the process, even while a pass is under way that does not end', async () => {
  const failures: unknown[] = [];
  const stuck = { name: 'stuck', run: () => new Promise<void>(() => {}) };
  const election = { client: server, namespace: 'test', name: 'service', identity: 'one', clock, log: silentLog };
  const part = controllersPart([stuck], election);
  await part.start(new AbortController().signal, { fail: (error) => failures.push(error) });
  await clock.advance(5_000);
  expect(failures).toEqual([]);
  server.down = true;
  await clock.advance(14_000);
  expect(failures).toEqual([expect.any(LeadershipLost)]);
});
