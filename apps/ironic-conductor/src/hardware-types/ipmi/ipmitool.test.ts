import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { ipmitool } from './ipmitool.ts';

const folder = mkdtempSync(join(tmpdir(), 'ipmitool-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { signal } = new AbortController();

/** A program of that name that says what it was given. */
function pretended(): string {
  const program = join(folder, 'ipmitool');
  writeFileSync(
    program,
    `#!/bin/sh\nprintf '%s|%s|%s|' "$*" "$IPMI_PASSWORD" "$KG_ESCAPED"; printf '%s' "$IPMI_KGKEY" | od -An -tx1 | tr -d ' \\n'\n`,
  );
  chmodSync(program, 0o755);
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

test.each([
  [undefined, ''],
  [Buffer.from('key'), '6b6579'],
  [Buffer.from([0xff, 0x25, 0x27, 0x5c, 0x0a, 0x0a]), 'ff25275c0a0a'],
])('password and Kg %j reach ipmitool byte by byte, and its arguments as they are', async (kg, seen) => {
  const call = { args: ['-E', 'power status', '$HOME'], password: 'a secret', kg, timeoutMs: 10_000, signal };
  expect(await ipmitool(pretended())(call)).toEqual({
    exit: 0,
    stdout: `-E power status $HOME|a secret||${seen}`,
    stderr: '',
  });
});

test.each([[undefined], [Buffer.from('key')]])(
  'with Kg %j, a host without ipmitool is told what to install',
  async (kg) => {
    const sh = join(folder, 'bare');
    const call = { args: ['-E'], password: '', kg, timeoutMs: 10_000, signal };
    await expect(ipmitool(kg === undefined ? sh : bareShell(sh))(call)).rejects.toThrow(/install the package ipmitool/);
  },
);

/** A folder with a shell and nothing else. */
function bareShell(bin: string): string {
  mkdirSync(bin, { recursive: true });
  symlinkSync('/bin/sh', join(bin, 'sh'));
  return bin;
}
