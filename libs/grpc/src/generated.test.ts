import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '../../..');
const run = promisify(execFile);

test('the committed code of every contract is what the generator makes of it (mend: npm run proto)', async () => {
  const into = mkdtempSync(join(tmpdir(), 'metal3-gen-'));
  try {
    await run(process.execPath, [join(root, 'proto/generate.mjs'), into]);
    const pattern = 'libs/**/src/gen/**/*.ts';
    const made = globSync(pattern, { cwd: into }).sort();
    const committed = globSync(pattern, { cwd: root, exclude: ['**/node_modules/**'] }).sort();
    expect(made).toEqual(committed);
    for (const file of made) {
      expect({ file, text: readFileSync(join(root, file), 'utf8') }).toEqual({
        file,
        text: readFileSync(join(into, file), 'utf8'),
      });
    }
  } finally {
    rmSync(into, { recursive: true });
  }
});
