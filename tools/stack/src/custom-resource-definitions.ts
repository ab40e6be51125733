import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  customResourceDefinition,
  isKubeError,
  type CustomResourceDefinition,
  type KubeClient,
} from '@metal3/kube-client';
import { parseAllDocuments } from 'yaml';

/**
 * Installs the CRDs of the charts and waits until every one of them is served. A control plane of our `own` gets them as they are, and
 * stand-ins for Cluster API's kinds; in a cluster that is `shared` with others, what is there stays as its owner wants it.
 */
export async function applyCustomResourceDefinitions(
  client: KubeClient,
  root: string,
  cluster: 'own' | 'shared',
): Promise<void> {
  const patterns = ['charts/*/files/crds/*.yaml', ...(cluster === 'own' ? ['examples/cluster-api/crds.yaml'] : [])];
  const crds = patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .flatMap((file) => parseAllDocuments(readFileSync(join(root, file), 'utf8')))
    .map((document) => document.toJS() as CustomResourceDefinition);
  const install = async (crd: CustomResourceDefinition) => {
    const key = { name: crd.metadata.name ?? '' };
    if (cluster === 'shared' && (await client.find(customResourceDefinition, key)) !== undefined) return;
    await client.patch(customResourceDefinition, key, {
      type: 'apply',
      body: crd,
      fieldManager: 'metal3-stack',
      force: true,
    });
  };
  await Promise.all(crds.map(install));
  await Promise.all(crds.map((crd) => waitUntilServed(client, crd)));
}

async function waitUntilServed(client: KubeClient, { spec }: CustomResourceDefinition): Promise<void> {
  const version = spec.versions.find(({ served }) => served)?.name ?? '';
  const kind = { group: spec.group, version, kind: spec.names.kind, plural: spec.names.plural, namespaced: true };
  // Established is too early: a new kind answers 404 and 429 for a moment longer.
  for (let attempt = 0; ; attempt++) {
    try {
      await client.list(kind, { limit: 1 });
      return;
    } catch (error) {
      if (!isKubeError(error) || attempt > 200) throw error;
      await delay(50);
    }
  }
}
