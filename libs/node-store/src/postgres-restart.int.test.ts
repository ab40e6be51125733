import { freePort, startPostgres } from '@metal3/local-servers';
import { eventually } from '@metal3/testing';
import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openNodeStore } from './open.ts';
import { isStoreError } from './contract/errors.ts';
import { enrol, testKey } from './testing/harness.ts';

test('a PostgreSQL that goes away and comes back costs errors that say so, and no watch', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'node-store-'));
  const port = await freePort();
  const first = await startPostgres({ dir, port });
  const url = await first.createDatabase('ironic');
  const complaints: Error[] = [];
  const store = await openNodeStore({
    url,
    key: testKey,
    busyTimeoutMs: 1_000,
    onError: (error) => complaints.push(error),
  });
  const uuid = await enrol(store, 'steady');
  const seen: unknown[] = [];
  const ending = new AbortController();
  const watching = (async () => {
    for await (const event of store.changes.watchNodes({ signal: ending.signal })) {
      if (event.kind === 'SYNCED') seen.push('synced');
      if (event.kind === 'CHANGED') seen.push(event.item.extra['round']);
    }
  })();
  await eventually(() => seen.includes('synced'));
  await store.nodes.change(uuid, () => ({ patch: { extra: { round: 1 } } }));
  await eventually(() => seen.includes(1));

  await first.stop();
  await expect(store.ping()).rejects.toMatchObject({ code: 'NODE-STORE-UNAVAILABLE' });
  const refused = await store.nodes
    .change(uuid, () => ({ patch: { extra: { round: 2 } } }))
    .catch((error: unknown) => error);
  expect(isStoreError(refused, 'NODE-STORE-UNAVAILABLE')).toBe(true);

  const second = await startPostgres({ dir, port });
  await eventually(async () => {
    await store.ping();
    return true;
  });
  await store.nodes.change(uuid, () => ({ patch: { extra: { round: 3 } } }));
  await eventually(() => seen.includes(3));
  expect(seen).not.toContain(2);

  ending.abort();
  await watching;
  await store.close();
  await second.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A wire to a port of this machine that can be cut without a word to either end. */
async function wireTo(port: number) {
  const sockets = new Set<Socket>();
  let cut = false;
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [[near, far], [far, near]] as const) {
      sockets.add(from);
      from.on('data', (part) => cut || to.write(part));
      from.on('close', () => cut || to.destroy());
      from.on('error', () => undefined);
    }
  }); // prettier-ignore
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      cut = true;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

test('a PostgreSQL that falls silent without a word costs an error within the time set, not an endless wait', async () => {
  const postgres = await startPostgres();
  const url = new URL(await postgres.createDatabase('ironic'));
  const wire = await wireTo(postgres.port);
  url.port = String(wire.port);
  const store = await openNodeStore({ url: url.href, key: testKey, busyTimeoutMs: 1_000 });
  try {
    const uuid = await enrol(store, 'steady');
    wire.cut();
    const silent = { code: 'NODE-STORE-UNAVAILABLE' };
    await expect(store.nodes.change(uuid, () => ({ patch: { extra: { round: 1 } } }))).rejects.toMatchObject(silent);
    await expect(store.ping()).rejects.toMatchObject(silent);
  } finally {
    wire.close();
    await store.close();
    await postgres.stop();
  }
});
