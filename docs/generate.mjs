// Writes docs/reference/<service>.md from what each service says of its settings and errors; --check only compares.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');
const folder = join(root, 'docs/reference');
mkdirSync(folder, { recursive: true });

const stale = [];
for (const service of readdirSync(join(root, 'apps')).sort()) {
  const main = join(root, 'apps', service, 'src/main.ts');
  if (!existsSync(main)) continue;
  const file = join(folder, `${service}.md`);
  const printed = execFileSync(process.execPath, [main, '--print-docs'], { encoding: 'utf8', cwd: root });
  const page = await format(printed, { ...(await resolveConfig(file)), parser: 'markdown' });
  if (existsSync(file) && readFileSync(file, 'utf8') === page) continue;
  stale.push(file);
  if (!check) writeFileSync(file, page);
}
if (check && stale.length > 0) {
  console.error(`these pages are stale, run npm run docs:\n  ${stale.join('\n  ')}`);
  process.exit(1);
}
