import { beforeEach, expect, test } from '@jest/globals';
import { nodeUuid } from '@metal3/node';
import { isStoreError, type Lease, NodeStoreError } from '@metal3/node-store';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { LeaseGuard } from './lease-guard.ts';

const lease: Lease = {
  nodeId: 1,
  nodeUuid: nodeUuid('11111111-2222-4333-8444-555555555555'),
  owner: 'c',
  token: 't',
  expiresAt: 0,
  durationMs: 1_000,
};

let clock: FakeClock;
let renewals: number;
/** What the store answers to a renewal; by default it grants it. */
let answer: () => Promise<void>;
beforeEach(() => {
  clock = fakeClock();
  renewals = 0;
  answer = async () => {};
});

const guarded = (stop = new AbortController().signal, on = clock) => {
  const renew = async (held: Lease): Promise<Lease> => {
    renewals += 1;
    await answer();
    return { ...held, expiresAt: held.expiresAt + held.durationMs };
  };
  return new LeaseGuard(lease, { renew }, on, stop);
};

test('a lease is renewed for as long as its work goes on, and no longer', async () => {
  const guard = guarded();
  await clock.advance(5_000);
  expect(guard.holds).toBe(true);
  const until = renewals;
  expect(until).toBeGreaterThan(5);
  guard.end();
  await clock.advance(5_000);
  expect(renewals).toBe(until);
});

test('a store that does not answer ends the work when the lease does', async () => {
  answer = () => new Promise(() => {});
  const guard = guarded();
  await clock.advance(999);
  expect(guard.signal.aborted).toBe(false);
  await clock.advance(1);
  expect(guard.signal.aborted).toBe(true);
  await expect(guard.reserve(1)).rejects.toThrow('ran out');
});

test('a renewal counts from when it was asked for, not from when it was answered', async () => {
  answer = () => clock.sleep(500);
  const guard = guarded();
  await clock.advance(900);
  // Asked for after 400 ms, answered after 900: it lasts until 1,400, if no other follows.
  answer = () => new Promise(() => {});
  await clock.advance(499);
  expect(guard.holds).toBe(true);
  await clock.advance(1);
  expect(guard.holds).toBe(false);
});

test('a lease that somebody else has taken ends the work at once', async () => {
  answer = () => Promise.reject(new NodeStoreError('LEASE-LOST', 'taken over'));
  const guard = guarded();
  await clock.advance(400);
  expect(isStoreError(guard.signal.reason, 'LEASE-LOST')).toBe(true);
  expect(guard.holds).toBe(false);
});

test('one that wants more time than is left gets it, or is told that there is none', async () => {
  const guard = guarded();
  await clock.advance(350);
  await guard.reserve(600);
  expect(renewals).toBe(0);
  await guard.reserve(700);
  expect(renewals).toBe(1);
  answer = () => Promise.reject(new NodeStoreError('LEASE-LOST', 'taken over'));
  await expect(guard.reserve(1_001)).rejects.toMatchObject({ code: 'LEASE-LOST' });
  expect(guard.holds).toBe(false);
});

test('one that was asleep past its lease (SIGSTOP) knows it before any timer has run', async () => {
  let slept = 0;
  const asleep: FakeClock = { ...clock, monotonic: () => clock.monotonic() + slept };
  const guard = guarded(undefined, asleep);
  expect(guard.holds).toBe(true);
  slept = 1_000;
  expect(guard.signal.aborted).toBe(false);
  expect(guard.holds).toBe(false);
  await expect(guard.reserve(1)).rejects.toThrow('ran out');
  expect(renewals).toBe(0);
});

test('a conductor that stops ends its work', () => {
  const stop = new AbortController();
  const guard = guarded(stop.signal);
  stop.abort();
  expect(guard.holds).toBe(false);
});
