import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Node } from '@metal3/node';
import type { WatchEvent } from '../contract/changes.ts';
import type { NodeStore } from '../contract/store.ts';
import { collect, conductor, enrol, kinds, lastToken, ofKind, type StoreHarness } from './harness.ts';

/** What every node store's change log promises its watchers. */
export function changesContract(database: string, start: () => Promise<StoreHarness>): void {
  describe(`the change log on ${database}`, () => {
    let harness: StoreHarness;
    let store: NodeStore;
    beforeEach(async () => {
      harness = await start();
      store = await harness.open();
    });
    afterEach(() => harness.close());

    const touch = (uuid: string, value: number, by = store) =>
      by.nodes.change(uuid, () => ({ patch: { extra: { value } } }));
    const snapshot = () => collect(store.changes.watchNodes(), ofKind('SYNCED'));

    test('a watch lists what is, says that it is synced, and goes on with what changes', async () => {
      const one = await enrol(store, 'one');
      const two = await enrol(store, 'two');
      const seen: WatchEvent<Node>[] = [];
      for await (const event of store.changes.watchNodes()) {
        seen.push(event);
        if (event.kind === 'SYNCED') {
          await touch(one, 1);
          await store.nodes.delete(two);
        }
        if (event.kind === 'DELETED') break;
      }
      expect(kinds(seen)).toEqual(['SNAPSHOT', 'SNAPSHOT', 'SYNCED', 'CHANGED', 'DELETED']);
      expect(seen[3]).toMatchObject({ item: { uuid: one, extra: { value: 1 } } });
      expect(seen[4]).toMatchObject({ uuid: two });
    });

    test('a change made by another process arrives', async () => {
      const other = await harness.open();
      const uuid = await enrol(store, 'far');
      const events = store.changes.watchNodes()[Symbol.asyncIterator]();
      expect((await events.next()).value).toMatchObject({ kind: 'SNAPSHOT' });
      expect((await events.next()).value).toMatchObject({ kind: 'SYNCED' });
      const next = events.next();
      await touch(uuid, 2, other);
      await harness.pass(50);
      expect((await next).value).toMatchObject({ kind: 'CHANGED', item: { extra: { value: 2 } } });
      await events.return?.(undefined);
    });

    test('a watch resumes after the last token seen, on any replica', async () => {
      const uuid = await enrol(store, 'resumed');
      const token = lastToken(await snapshot());
      await touch(uuid, 1);
      const gone = await enrol(store, 'gone');
      await store.nodes.delete(gone);
      const replica = await harness.open();
      const seen = await collect(replica.changes.watchNodes({ from: token }), ofKind('SYNCED'));
      expect(kinds(seen)).toEqual(['CHANGED', 'DELETED', 'SYNCED']);
    });

    test('many changes of one node are told once, as it is now', async () => {
      const uuid = await enrol(store, 'often');
      const token = lastToken(await snapshot());
      for (let value = 1; value <= 50; value += 1) await touch(uuid, value);
      const seen = await collect(store.changes.watchNodes({ from: token }), ofKind('SYNCED'));
      expect(kinds(seen)).toEqual(['CHANGED', 'SYNCED']);
      expect(seen[0]).toMatchObject({ item: { extra: { value: 50 } } });
    });

    test('the token of an event covers everything before it and nothing after', async () => {
      const uuids = await Promise.all(['a', 'b', 'c'].map((name) => enrol(store, name)));
      const token = lastToken(await snapshot());
      for (const uuid of uuids) await touch(uuid, 1);
      const first = await collect(store.changes.watchNodes({ from: token }), ofKind('CHANGED'));
      const rest = await collect(store.changes.watchNodes({ from: lastToken(first) }), ofKind('SYNCED'));
      const named = [...first, ...rest].flatMap((event) => (event.kind === 'CHANGED' ? [event.item.uuid] : []));
      expect(named).toEqual(uuids);
    });

    test('a client whose place in the log has been trimmed has to start over', async () => {
      const uuid = await enrol(store, 'trimmed');
      const token = lastToken(await snapshot());
      await touch(uuid, 1);
      await harness.pass(100);
      expect(await store.changes.trim(10)).toBeGreaterThan(0);
      const seen = await collect(store.changes.watchNodes({ from: token }), () => false);
      expect(seen).toEqual([{ kind: 'RESYNC_REQUIRED', reason: 'trimmed' }]);
      const head = await store.changes.head();
      expect(kinds(await collect(store.changes.watchNodes({ from: head.token }), ofKind('SYNCED')))).toEqual([
        'SYNCED',
      ]);
    });

    test('trimming keeps the history of what went wrong', async () => {
      const uuid = await enrol(store, 'historic');
      await store.nodes.change(uuid, () => ({ history: { event: 'bang', eventType: 'power', severity: 'ERROR' } }));
      await harness.pass(100);
      await store.changes.trim(10);
      expect(await store.changes.history(uuid)).toMatchObject([{ event: 'bang' }]);
    });

    test('after the store was wiped, an old token is refused and a live watch told', async () => {
      const token = lastToken(await snapshot());
      const live = store.changes.watchNodes()[Symbol.asyncIterator]();
      await live.next();
      const next = live.next();
      await harness.run(
        `DELETE FROM node_change; DELETE FROM node; UPDATE change_counter SET epoch = 'abcdef', seq = 0`,
      );
      await harness.pass(1200);
      expect((await next).value).toEqual({ kind: 'RESYNC_REQUIRED', reason: 'other-store' });
      const seen = await collect(store.changes.watchNodes({ from: token }), () => false);
      expect(seen).toEqual([{ kind: 'RESYNC_REQUIRED', reason: 'other-store' }]);
    });

    test('a token that is none is answered with a resync', async () => {
      const seen = await collect(store.changes.watchNodes({ from: 'yesterday' }), () => false);
      expect(seen).toEqual([{ kind: 'RESYNC_REQUIRED', reason: 'bad-token' }]);
    });

    test('a reader that stalls is told to resync and holds no more than its bound', async () => {
      const uuids = await Promise.all(Array.from({ length: 6 }, (_, index) => enrol(store, `n${index}`)));
      const stalled = store.changes.watchNodes({ maxPending: 3 })[Symbol.asyncIterator]();
      await stalled.next();
      for (const uuid of uuids) await touch(uuid, 1);
      await harness.pass(50);
      const rest: unknown[] = [];
      for (let next = await stalled.next(); !next.done; next = await stalled.next()) rest.push(next.value);
      expect(rest.at(-1)).toEqual({ kind: 'RESYNC_REQUIRED', reason: 'slow-reader' });
    });

    test('a heartbeat that changes nothing visible is not told; one that brings a new URL is', async () => {
      const uuid = await enrol(store, 'beats');
      const beat = (lastHeartbeat: number) =>
        store.agents.record(uuid, () => ({ agent: { url: 'https://10.0.0.2:9999', lastHeartbeat }, wake: true }));
      await beat(1);
      const before = await store.changes.head();
      await beat(2);
      await store.work.wake(uuid);
      expect((await store.changes.head()).seq).toBe(before.seq);
    });

    test('taking and releasing a lease is told only when something visible happened under it', async () => {
      const uuid = await enrol(store, 'leased');
      const before = await store.changes.head();
      const quiet = await store.work.claimNode(uuid, conductor);
      if (quiet === undefined) throw new Error('not claimed');
      await store.work.release(quiet.lease, quiet.work.wakeSeq);
      expect((await store.changes.head()).seq).toBe(before.seq);

      const loud = await store.work.claimNode(uuid, conductor);
      if (loud === undefined) throw new Error('not claimed');
      await store.work.update(loud.lease, { patch: { progress: 'half' } });
      await store.work.release(loud.lease, loud.work.wakeSeq);
      const seen = await collect(store.changes.watchNodes({ from: before.token }), ofKind('SYNCED'));
      // The last word is the free node: nobody is left with the reservation that the first change showed.
      expect(seen.findLast((event) => event.kind === 'CHANGED')).toMatchObject({
        item: { progress: 'half', reservation: null },
      });
      expect((await store.changes.head()).seq).toBe(before.seq + 2);
    });

    test('a quiet watch gets bookmarks', async () => {
      const events = store.changes.watchNodes({ bookmarkEveryMs: 100 })[Symbol.asyncIterator]();
      await events.next();
      const next = events.next();
      await harness.pass(150);
      expect((await next).value).toMatchObject({ kind: 'BOOKMARK', token: (await store.changes.head()).token });
      await events.return?.(undefined);
    });

    test('a watch of some nodes says nothing of others', async () => {
      const mine = await enrol(store, 'mine');
      const other = await enrol(store, 'other');
      const token = lastToken(await snapshot());
      await touch(other, 1);
      await touch(mine, 1);
      const seen = await collect(store.changes.watchNodes({ from: token, uuids: [mine] }), ofKind('SYNCED'));
      expect(seen.flatMap((event) => (event.kind === 'CHANGED' ? [event.item.uuid] : []))).toEqual([mine]);
    });

    test('boot entries are watched apart from nodes', async () => {
      const uuid = await enrol(store, 'booting');
      const claim = await store.work.claimNode(uuid, conductor);
      if (claim === undefined) throw new Error('not claimed');
      const entry = {
        capability: 'c4p',
        macAddresses: ['52:54:00:00:00:09'],
        kind: 'agent',
        kernelUrl: 'http://images/kernel',
        ramdiskUrl: 'http://images/ramdisk',
        espUrl: '',
        kernelParameters: 'ipa-api-url=http://127.0.0.1',
        isoUrl: '',
        networkData: '',
        bootMode: 'uefi',
        cpuArchitecture: 'x86_64',
      } as const;
      await store.work.update(claim.lease, { bootEntry: entry });
      const seen: WatchEvent<unknown>[] = [];
      for await (const event of store.changes.watchBootEntries()) {
        seen.push(event);
        if (event.kind === 'SYNCED')
          await store.work.update(claim.lease, { bootEntry: { ...entry, capability: 'new' } });
        if (event.kind === 'CHANGED') await store.work.update(claim.lease, { bootEntry: null });
        if (event.kind === 'DELETED') break;
      }
      expect(kinds(seen)).toEqual(['SNAPSHOT', 'SYNCED', 'CHANGED', 'DELETED']);
      expect(seen[2]).toMatchObject({ item: { capability: 'new', revision: 2, nodeUuid: uuid } });
    });

    test('an aborted watch ends', async () => {
      const ending = new AbortController();
      const events = store.changes.watchNodes({ signal: ending.signal })[Symbol.asyncIterator]();
      await events.next();
      const next = events.next();
      ending.abort();
      expect(await next).toMatchObject({ done: true });
    });

    test('closing the store ends its watches', async () => {
      const own = await harness.open();
      const events = own.changes.watchNodes()[Symbol.asyncIterator]();
      await events.next();
      const next = events.next();
      await own.close();
      expect(await next).toMatchObject({ done: true });
    });
  });
}
