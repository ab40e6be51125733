import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SerialConsole } from './console.ts';

let folder: string;
let path: string;
let serial: SerialConsole;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'metal3-console-'));
  path = join(folder, 'console.log');
  serial = new SerialConsole(path);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('only what is said after the mark counts', async () => {
  appendFileSync(path, 'lab-os: running\n');
  const mark = await serial.mark();
  await expect(serial.says(/running/, mark, { timeoutMs: 150 })).rejects.toThrow('did not say /running/');
  setTimeout(() => appendFileSync(path, 'lab-os: running again\n'), 50);
  await expect(serial.says(/running/, mark, { timeoutMs: 30_000 })).resolves.toMatchObject({
    line: 'lab-os: running again',
  });
});

test('a console that is not there yet has said nothing', async () => {
  expect(await serial.mark()).toBe(0);
  expect(await serial.text(0)).toBe('');
});

test('escape sequences of firmware and boot loader are no text', async () => {
  appendFileSync(path, "\u001b[2J\u001b[01;01H\u001b[0m\u001b[37mBooting\u001b[0m `lab-os'\r\n");
  expect((await serial.text(0)).split('\n')[0]).toBe("Booting `lab-os'");
});
