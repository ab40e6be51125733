import { testPostgres } from '@metal3/local-servers';
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { openNodeStore } from './open.ts';
import { collect, enrol, lastToken, ofKind, testKey } from './testing/harness.ts';

test('the write that takes the first number and commits last is not passed over by a watcher', async () => {
  const { url } = await testPostgres();
  const store = await openNodeStore({ url, key: testKey });
  const slow = await enrol(store, 'slow');
  const quick = await enrol(store, 'quick');
  const token = lastToken(await collect(store.changes.watchNodes(), ofKind('SYNCED')));
  const seen: string[] = [];
  const watching = (async () => {
    for await (const event of store.changes.watchNodes({ from: token })) {
      if (event.kind === 'CHANGED') seen.push(event.item.uuid);
      if (seen.length === 2) return;
    }
  })();

  // Another process takes the next number, and then takes its time.
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await other.query('BEGIN');
  const counter = await other.query('UPDATE change_counter SET seq = seq + 1 WHERE id = 1 RETURNING seq');
  await other.query(
    `INSERT INTO node_change (seq, uuid, topic, kind, node_id, node_uuid, revision, at)
     SELECT $1, 'slow-change', 'node', 'changed', id, uuid, revision, 0 FROM node WHERE uuid = $2`,
    [counter.rows[0].seq, slow],
  );
  let committed = false;
  const second = store.nodes
    .change(quick, () => ({ patch: { extra: { a: 1 } } }))
    .then(() => {
      committed = true;
    });
  await new Promise((resume) => setTimeout(resume, 200));
  // The second write waits for its number, so it cannot be seen before the first.
  expect({ committed, seen }).toEqual({ committed: false, seen: [] });
  await other.query('COMMIT');
  await second;
  await watching;
  expect(seen).toEqual([slow, quick]);
  await other.end();
  await store.close();
});
