// Writes the CRD manifests of the charts from the definitions in libs/metal3-api.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crdArtefacts } from './artefacts.ts';

const root = join(import.meta.dirname, '../../..');
for (const [path, content] of crdArtefacts()) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
  console.log(path);
}
