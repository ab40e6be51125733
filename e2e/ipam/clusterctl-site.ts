import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ipamProvider, type Provider, writeRepository } from '@metal3/clusterctl';
import { companionCrds, ensureBinaries } from '@metal3/local-servers';
import { stringify } from 'yaml';
import { type ClusterApiProvider, coreProvider, writeClusterApiRelease } from './cluster-api.ts';

const run = promisify(execFile);

/** clusterctl as people run it, with a repository on this machine in place of those on the internet. */
export interface Clusterctl {
  /** Runs it on the cluster of a kubeconfig; answers what it says, and throws with all of that when it fails. */
  run(kubeconfig: string, ...args: readonly string[]): Promise<string>;
  readonly versions: readonly string[];
  /** What the repository holds of Cluster API's own. */
  readonly clusterApi: readonly ClusterApiProvider[];
  readonly folder: string;
  remove(): void;
}

/**
 * A repository with Cluster API's own providers as that project publishes them, our providers in the given versions, and of
 * cert-manager its CRDs: clusterctl makes a Certificate to see whether it works, and is content when that can be stored.
 *
 * @param variables of templates, as people keep them in clusterctl.yaml
 */
export async function clusterctlWithRepository(
  versions: readonly string[],
  providers: readonly Provider[] = [ipamProvider],
  variables: Readonly<Record<string, string>> = {},
  clusterApi: readonly ClusterApiProvider[] = [coreProvider],
): Promise<Clusterctl> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-clusterctl-'));
  const { clusterctl } = await ensureBinaries({ names: ['clusterctl'] });
  const entries: object[] = [];
  for (const provider of clusterApi) entries.push(await writeClusterApiRelease(folder, provider));
  for (const provider of providers) {
    const releases = [];
    for (const version of versions) {
      releases.push(await writeRepository(join(folder, 'repository'), provider, { version }));
    }
    // The address names the newest; clusterctl finds the others beside it.
    entries.push(...releases.slice(-1));
  }
  const certManager = join(folder, 'cert-manager', 'v1.21.2', 'cert-manager.yaml');
  mkdirSync(join(certManager, '..'), { recursive: true });
  writeFileSync(certManager, documents([namespace('cert-manager'), ...(await companionCrds('cert-manager'))]));
  const config = join(folder, 'clusterctl.yaml');
  const certManagerEntry = { url: `file://${certManager}`, version: 'v1.21.2', timeout: '1m' };
  writeFileSync(config, stringify({ ...variables, providers: entries, 'cert-manager': certManagerEntry }));

  return {
    versions,
    clusterApi,
    folder,
    async run(kubeconfig, ...args) {
      const env = {
        PATH: process.env['PATH'],
        HOME: folder,
        XDG_CONFIG_HOME: join(folder, 'xdg'),
        KUBECONFIG: kubeconfig,
        CLUSTERCTL_DISABLE_VERSIONCHECK: 'true',
        GOPROXY: 'off',
      };
      const { stdout, stderr } = await run(clusterctl, [...args, '--config', config], { env, timeout: 300_000 });
      return `${stdout}${stderr}`;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function namespace(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function documents(objects: readonly object[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}
