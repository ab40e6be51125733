import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { goModuleFiles } from './go-module.ts';
import type { Manifest } from './fixtures/manifests.ts';

/** Projects whose kinds our charts make objects of, and where their CRDs lie. */
const companions = {
  'cert-manager': { module: 'github.com/cert-manager/cert-manager', version: '1.21.2', paths: ['deploy/crds'] },
  prometheus: {
    module: 'github.com/prometheus-operator/prometheus-operator',
    version: '0.85.0',
    paths: ['servicemonitors', 'podmonitors', 'prometheusrules'].map(
      (plural) => `example/prometheus-operator-crd/monitoring.coreos.com_${plural}.yaml`,
    ),
  },
};

export type Companion = keyof typeof companions;

/** The CRDs of a project, as it publishes them. Fetched once, then kept in the cache folder. */
export async function companionCrds(name: Companion): Promise<readonly Manifest[]> {
  const companion = companions[name];
  const folder = await goModuleFiles(companion);
  const files = await Promise.all(
    companion.paths.map(async (path) =>
      path.endsWith('.yaml')
        ? [path]
        : (await readdir(join(folder, path))).filter((file) => file.endsWith('.yaml')).map((file) => join(path, file)),
    ),
  );
  const texts = await Promise.all(files.flat().map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Manifest | null))
    .filter((one): one is Manifest => one?.kind === 'CustomResourceDefinition');
}
