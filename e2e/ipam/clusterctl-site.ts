import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ipamProvider, type Provider, writeRepository } from '@metal3/clusterctl';
import { companionCrds, ensureBinaries, goModuleFiles, programs } from '@metal3/local-servers';
import { stringify } from 'yaml';

const run = promisify(execFile);

/** clusterctl as people run it, with a repository on this machine in place of those on the internet. */
export interface Clusterctl {
  /** Runs it on the cluster of a kubeconfig; answers what it says, and throws with all of that when it fails. */
  run(kubeconfig: string, ...args: readonly string[]): Promise<string>;
  readonly versions: readonly string[];
  readonly folder: string;
  remove(): void;
}

const core = {
  label: 'cluster-api',
  type: 'CoreProvider',
  name: 'cluster-api',
  version: `v${programs.clusterctl.version}`,
};

/**
 * A repository with Cluster API's core provider as that project publishes it, our providers in the given versions, and of
 * cert-manager its CRDs: clusterctl makes a Certificate to see whether it works, and is content when that can be stored.
 *
 * @param variables of templates, as people keep them in clusterctl.yaml
 */
export async function clusterctlWithRepository(
  versions: readonly string[],
  providers: readonly Provider[] = [ipamProvider],
  variables: Readonly<Record<string, string>> = {},
): Promise<Clusterctl> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-clusterctl-'));
  const { clusterctl } = await ensureBinaries({ names: ['clusterctl'] });
  const entries = [await writeCore(folder)];
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

/** Cluster API publishes its core provider as a kustomization within its Go module. */
async function writeCore(folder: string) {
  const source = await coreSource();
  const home = join(folder, 'repository', core.label, core.version);
  mkdirSync(home, { recursive: true });
  copyFileSync(await builtCore(source), join(home, 'core-components.yaml'));
  copyFileSync(join(source, 'metadata.yaml'), join(home, 'metadata.yaml'));
  return { name: core.name, type: core.type, url: `file://${join(home, 'core-components.yaml')}` };
}

function coreSource(): Promise<string> {
  const { version } = programs.clusterctl;
  return goModuleFiles({ module: 'sigs.k8s.io/cluster-api', version, paths: ['core/config', 'metadata.yaml'] });
}

/** Built once and kept beside its source: it takes seconds, and is the same each time. */
async function builtCore(source: string): Promise<string> {
  const built = `${source}-kustomize-${programs.kustomize.version}.yaml`;
  if (existsSync(built)) return built;
  const { kustomize } = await ensureBinaries({ names: ['kustomize'] });
  const build = ['build', join(source, 'core/config/default')];
  const { stdout } = await run(kustomize, build, { maxBuffer: 64 * 1024 * 1024 });
  const draft = `${built}.${process.pid}`;
  writeFileSync(draft, stdout);
  // Whole or not at all: another journey may build it at the same time.
  renameSync(draft, built);
  return built;
}

function namespace(name: string): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function documents(objects: readonly object[]): string {
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
}
