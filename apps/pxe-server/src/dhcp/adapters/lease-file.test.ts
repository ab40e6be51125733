import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { formatIpv4, readIpv4 } from '@metal3/dhcp';
import { systemClock } from '@metal3/service';
import { silentLog } from '@metal3/testing';
import type { Lease } from '../lease.ts';
import { leaseFile } from './lease-file.ts';

let folder: string;
const opened: { close(): Promise<void> }[] = [];
function open() {
  const options = { log: silentLog, clock: systemClock, slack: 100 };
  const store = leaseFile(path(), { format: formatIpv4, read: readIpv4 }, options);
  opened.push(store);
  return store;
}
const path = () => join(folder, 'sub', 'leases');
const lease = (last: number, more: Partial<Lease> = {}): Lease => ({
  address: (readIpv4('192.0.2.0') ?? 0) + last,
  subnet: '192.0.2.0/24',
  key: `52:54:00:00:00:${last}`,
  mac: `52:54:00:00:00:${last}`,
  state: 'bound',
  until: Date.UTC(2026, 0, 1),
  known: true,
  ...more,
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leases-'));
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await rm(folder, { recursive: true });
});

test('what was written is there again, and what was freed is not', async () => {
  const store = open();
  expect(await store.load()).toEqual([]);
  const all = [
    lease(10),
    lease(11, { hostName: 'eleven', known: false }),
    lease(12, { state: 'declined', key: '', mac: '' }),
  ];
  await Promise.all(all.map((one) => store.write([{ kind: 'hold', lease: one }])));
  await store.write([{ kind: 'free', address: lease(10).address }]);
  await store.close();
  expect(await open().load()).toEqual(all.slice(1));
});

test('what was acknowledged is there though nobody closed the file', async () => {
  const store = open();
  await store.load();
  await store.write([{ kind: 'hold', lease: lease(10) }]);
  expect(await open().load()).toEqual([lease(10)]);
  await store.close();
});

test('a line that a crash cut off is passed over, and so is one that somebody damaged', async () => {
  const store = open();
  await store.load();
  await store.write([{ kind: 'hold', lease: lease(10) }]);
  await store.close();
  const text = await readFile(path(), 'utf8');
  await writeFile(path(), `{"address":"192.0.2.9"}\nnull\n[]\n${text}`);
  await appendFile(path(), text.slice(0, 40));
  const again = open();
  expect(await again.load()).toEqual([lease(10)]);
  // Written anew: the next line does not join the one that was cut off.
  await again.write([{ kind: 'hold', lease: lease(11) }]);
  await again.close();
  expect(await open().load()).toEqual([lease(10), lease(11)]);
});

test('the file does not grow without end', async () => {
  const store = open();
  await store.load();
  for (let round = 0; round < 20; round++) {
    const renewals = Array.from({ length: 50 }, (_, index) => ({
      kind: 'hold' as const,
      lease: lease(10 + (index % 5)),
    }));
    await store.write(renewals);
  }
  await store.close();
  expect((await readFile(path(), 'utf8')).split('\n').length).toBeLessThan(110);
  expect(await open().load()).toHaveLength(5);
});
