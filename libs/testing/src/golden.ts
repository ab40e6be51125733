import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The content of a golden file, to compare with what was made; with UPDATE_GOLDEN=1 the file becomes what was made.
 *
 *     expect(script).toEqual(golden(new URL('golden/boot.ipxe', import.meta.url), script));
 *
 * @throws Error when the file does not exist yet
 */
export function golden<Made extends string | Uint8Array>(url: URL, made: Made): Made {
  const path = fileURLToPath(url);
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, made);
  }
  if (!existsSync(path))
    throw new Error(`${path} does not exist; run the test with UPDATE_GOLDEN=1 and look at the file`);
  const content = readFileSync(path);
  return (typeof made === 'string' ? content.toString('utf8') : new Uint8Array(content)) as Made;
}
