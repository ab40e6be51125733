// Writes values.schema.json of every chart from the configuration schema of its service.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartArtefacts } from './artefacts.ts';

const root = join(import.meta.dirname, '../../..');
for (const [path, content] of await chartArtefacts()) {
  writeFileSync(join(root, path), content);
  console.log(path);
}
