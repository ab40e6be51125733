import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fakeClock, type FakeClock } from '@metal3/testing';
import { fileLibrary, type FileLibrary } from './library.ts';
import { objectStore, type ObjectStore } from './object-store.ts';
import type { Fetcher } from './ports.ts';
import { fileSourceMemory } from './source-memory.ts';
import { workerHasher } from './worker-hasher.ts';

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

let folder: string;
let clock: FakeClock;
let store: ObjectStore;
let library: FileLibrary;
let fetcher: Fetcher;
let web: Map<string, string>;
let asked: string[];
let pinned: Set<string>;
let interrupt: ((url: string) => AsyncIterable<Uint8Array> | undefined) | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'library-'));
  clock = fakeClock();
  web = new Map();
  asked = [];
  pinned = new Set();
  interrupt = undefined;
  store = objectStore(folder, 1_000, clock, () => pinned);
  await store.open();
  fetcher = {
    async fetch(url, known) {
      const text = web.get(url) ?? '';
      const etag = `"${sha256(text)}"`;
      asked.push(known?.etag === undefined ? url : `${url} if changed`);
      if (known?.etag === etag) return { kind: 'unchanged' };
      const body =
        interrupt?.(url) ??
        (async function* () {
          yield Buffer.from(text);
        })();
      return { kind: 'body', size: text.length, validators: { etag, lastModified: undefined }, from: 0, body };
    },
  };
  library = fileLibrary({
    store,
    fetcher,
    hasher: workerHasher(),
    clock,
    recheckMs: 1_000,
    fileRoots: [join(folder, 'files')],
  });
});
afterEach(() => rm(folder, { recursive: true }));

test('many who ask at once share one download', async () => {
  web.set('u', 'content');
  const files = await Promise.all(Array.from({ length: 10 }, () => library.get('u')));
  expect(asked).toEqual(['u']);
  expect(new Set(files.map(({ digest }) => digest))).toEqual(new Set([sha256('content')]));
});

test('a file counts as fresh for a while, then the server is asked whether it has changed', async () => {
  web.set('u', 'one');
  await library.get('u');
  await clock.advance(999);
  await library.get('u');
  expect(asked).toEqual(['u']);
  await clock.advance(2);
  await library.get('u');
  expect(asked).toEqual(['u', 'u if changed']);
  web.set('u', 'two');
  await clock.advance(1_001);
  await expect(library.get('u')).resolves.toMatchObject({ digest: sha256('two') });
});

test('a file whose digest was checked is not asked for again', async () => {
  web.set('u', 'one');
  const expected = { algorithm: 'md5', value: createHash('md5').update('one').digest('hex') } as const;
  await library.get('u', expected);
  await clock.advance(1_000_000);
  await library.get('u', expected);
  expect(asked).toEqual(['u']);
});

test('a download that ends early is refused and leaves nothing', async () => {
  web.set('u', 'content');
  interrupt = async function* () {
    yield Buffer.from('con');
  };
  await expect(library.get('u')).rejects.toMatchObject({ code: 'IMAGE-TRUNCATED', class: 'transient' });
  expect(await readdir(join(folder, 'drafts'))).toEqual([]);
  interrupt = undefined;
  await expect(library.get('u')).resolves.toMatchObject({ size: 7 });
});

test('a file larger than the whole cache is refused while it arrives', async () => {
  interrupt = async function* () {
    for (;;) yield new Uint8Array(100);
  };
  await expect(library.get('u')).rejects.toMatchObject({ code: 'IMAGE-TOO-LARGE' });
});

test('the file used longest ago makes room, unless something needs it', async () => {
  for (const name of ['a', 'b', 'c']) {
    web.set(name, name.repeat(300));
    await library.get(name);
    await clock.advance(1);
  }
  pinned.add(sha256('a'.repeat(300)));
  web.set('d', 'd'.repeat(300));
  await library.get('d');
  expect(['a', 'b', 'c', 'd'].filter((name) => store.find(sha256(name.repeat(300))) !== undefined)).toEqual([
    'a',
    'c',
    'd',
  ]);
  expect(store.size).toBe(900);
});

test('what was fetched before a restart is found again, and unfinished downloads are gone', async () => {
  web.set('u', 'content');
  const { digest } = await library.get('u');
  await writeFile(join(folder, 'drafts', '7'), 'half');
  const again = objectStore(folder, 1_000, clock, () => new Set());
  await again.open();
  expect(again.find(digest)?.size).toBe(7);
  expect(again.size).toBe(7);
  expect(await readdir(join(folder, 'drafts'))).toEqual([]);
});

test('after a restart a server is asked about its file instead of sending it again', async () => {
  web.set('u', 'content');
  const memory = fileSourceMemory(folder);
  const start = () =>
    fileLibrary({ store, fetcher, hasher: workerHasher(), clock, memory, recheckMs: 0, fileRoots: [] });
  await start().get('u');
  await expect(start().get('u')).resolves.toMatchObject({ digest: sha256('content') });
  expect(asked).toEqual(['u', 'u if changed']);
});

test('a large file is hashed in a thread', async () => {
  const bytes = Buffer.alloc(5 * 1024 * 1024, 'x');
  await writeFile(join(folder, 'large'), bytes);
  const digests = await workerHasher().digests(join(folder, 'large'), ['sha256', 'md5'], new AbortController().signal);
  expect(digests).toEqual([sha256(bytes), createHash('md5').update(bytes).digest('hex')]);
});
