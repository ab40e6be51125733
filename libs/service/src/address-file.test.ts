import { mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeAddressFile } from './address-file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'address-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the file holds the address and nothing is left beside it', () => {
  writeAddressFile(join(folder, 'grpc'), '127.0.0.1:4711');
  expect(readFileSync(join(folder, 'grpc'), 'utf8')).toBe('127.0.0.1:4711');
  expect(readdirSync(folder)).toEqual(['grpc']);
});

test('it is put in place by a rename, so that nobody reads half of it', async () => {
  const events: string[] = [];
  const watcher = watch(folder, (kind, name) => events.push(`${kind} ${name}`));
  try {
    writeAddressFile(join(folder, 'grpc'), '127.0.0.1:4711');
    while (!events.some((event) => event.endsWith(' grpc'))) await new Promise((wait) => setTimeout(wait, 5));
    expect(events.filter((event) => event.endsWith(' grpc'))).toEqual(['rename grpc']);
  } finally {
    watcher.close();
  }
});

test('without a path nothing is written', () => {
  writeAddressFile('', '127.0.0.1:4711');
  expect(readdirSync(folder)).toEqual([]);
});
