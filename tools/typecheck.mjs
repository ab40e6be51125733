// Type checks one workspace package with the settings of all: node tools/typecheck.mjs libs/node
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = process.argv[2] ?? '.';
const config = join(root, 'node_modules', '.cache', `tsconfig.${folder.replaceAll('/', '.')}.json`);
mkdirSync(join(config, '..'), { recursive: true });
const up = relative(join(config, '..'), root);
writeFileSync(config, JSON.stringify({ extends: `${up}/tsconfig.base.json`, include: [`${up}/${folder}/**/*.ts`] }));
const { status } = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
  stdio: 'inherit',
});
rmSync(config);
process.exit(status ?? 1);
