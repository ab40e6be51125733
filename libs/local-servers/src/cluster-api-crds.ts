import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { cacheDir } from './binaries.mjs';

const version = '1.14.2';
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
 * The CRDs of Cluster API's Cluster, Machine, IPAddressClaim and IPAddress as that project publishes them, for control planes on which its managers do not run.
 * Fetched once through the Go module proxy (needs `go`), then kept in the cache folder. Only the storage version is
 * served: the others need the conversion webhook of the managers.
 */
export async function clusterApiCrds(env: NodeJS.ProcessEnv = process.env): Promise<readonly object[]> {
  // The number goes up with every change of the list above, so that no folder lacks files.
  const folder = join(cacheDir(env), 'crds', `cluster-api-${version}-2`);
  if (!existsSync(folder)) await fetchCrds(folder, env);
  return Promise.all(
    wanted.map(async (name) => {
      const crd = parse(await readFile(join(folder, `${name}.yaml`), 'utf8')) as Crd;
      for (const one of crd.spec.versions) one.served = one.storage;
      return crd;
    }),
  );
}

async function fetchCrds(folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const module = `sigs.k8s.io/cluster-api@v${version}`;
  const modules = join(cacheDir(env), `go-crds.${process.pid}`);
  const draft = `${folder}.${process.pid}`;
  try {
    const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', module], {
      cwd: '/',
      // -modcacherw: a read-only module cache could not be removed again.
      env: { ...env, GOMODCACHE: modules, GOFLAGS: '-modcacherw' },
    });
    const { Dir: source } = JSON.parse(stdout) as { readonly Dir: string };
    await mkdir(draft, { recursive: true });
    for (const name of wanted) await cp(join(source, bases, `${name}.yaml`), join(draft, `${name}.yaml`));
    await rename(draft, folder).catch((error: unknown) => {
      // Another process was faster; its copy is the same.
      if (!existsSync(folder)) throw error;
    });
  } catch (cause) {
    throw new Error(`the Cluster API CRDs (${module}) cannot be fetched: install Go, or put them into ${folder}`, {
      cause,
    });
  } finally {
    await rm(modules, { recursive: true, force: true });
    await rm(draft, { recursive: true, force: true });
  }
}
