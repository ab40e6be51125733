import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { programs } from './binaries.mjs';
import { goModuleFiles } from './go-module.ts';

const bases = 'core/config/crd/bases';
const wanted = [
  'cluster.x-k8s.io_clusters',
  'cluster.x-k8s.io_machines',
  'ipam.cluster.x-k8s.io_ipaddressclaims',
  'ipam.cluster.x-k8s.io_ipaddresses',
];

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly versions: { readonly name: string; served: boolean; readonly storage: boolean }[] };
}

/**
 * The CRDs of Cluster API's Cluster, Machine, IPAddressClaim and IPAddress as that project publishes them, for control planes on
 * which its managers do not run. Fetched once through the Go module proxy (needs `go`), then kept in the cache folder. Only the
 * storage version is served: the others need the conversion webhook of the managers.
 */
export async function clusterApiCrds(env: NodeJS.ProcessEnv = process.env): Promise<readonly object[]> {
  const paths = wanted.map((name) => `${bases}/${name}.yaml`);
  const version = programs.clusterctl.version;
  const folder = await goModuleFiles({ module: 'sigs.k8s.io/cluster-api', version, paths }, env);
  return Promise.all(
    paths.map(async (path) => {
      const crd = parse(await readFile(join(folder, path), 'utf8')) as Crd;
      for (const one of crd.spec.versions) one.served = one.storage;
      return crd;
    }),
  );
}
