import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readOrCreateKey } from './key-file.ts';
import { isSealed, secretBox } from './seal.ts';

const folder = mkdtempSync(join(tmpdir(), 'node-store-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('processes that start together agree on one key, which only their user can read', async () => {
  const file = join(folder, 'deep', 'key');
  const keys = await Promise.all([1, 2, 3, 4].map(() => readOrCreateKey(file)));
  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a file that holds no key is refused by name', async () => {
  const file = join(folder, 'short');
  writeFileSync(file, 'c2hvcnQ=');
  await expect(readOrCreateKey(file)).rejects.toThrow(`The key file ${file} must hold 32 bytes in base64 but holds 5.`);
});

const box = secretBox(Buffer.alloc(32, 1));

test('what is sealed opens to what it was, and looks different each time', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (plain) => {
      const sealed = box.sealText(plain, 'node-1');
      expect(isSealed(sealed)).toBe(true);
      expect(box.openText(sealed, 'node-1')).toBe(plain);
      expect(box.sealText(plain, 'node-1')).not.toBe(sealed);
    }),
  );
});

test.each([
  ['another context', (sealed: string) => box.openText(sealed, 'node-2')],
  ['another key', (sealed: string) => secretBox(Buffer.alloc(32, 2)).openText(sealed, 'node-1')],
  ['a changed text', (sealed: string) => box.openText(`${sealed.slice(0, -2)}AA`, 'node-1')],
])('it does not open with %s', (_what, open) => {
  expect(() => open(box.sealText('secret', 'node-1'))).toThrow(expect.objectContaining({ code: 'SECRET-UNREADABLE' }));
});

test('text from a client that merely looks sealed is sealed like any other', () => {
  const fields = box.sealFields({ password: 'sealed:v1:AAAA' }, 'node-1');
  expect(fields['password']).not.toBe('sealed:v1:AAAA');
  expect(box.revealFields(fields, 'node-1')).toEqual({ password: 'sealed:v1:AAAA' });
});

test('only secrets are sealed; empty and null ones stay', () => {
  const fields = { user: 'u', password: '', token: null, list: [{ secret: true }, 'plain'] };
  const sealed = box.sealFields(fields, 'node-1');
  expect(sealed).toMatchObject({ user: 'u', password: '', token: null });
  expect(box.revealFields(sealed, 'node-1')).toEqual(fields);
});
