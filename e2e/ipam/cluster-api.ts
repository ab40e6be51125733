import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureBinaries, goModuleFiles, type ProgramName, programs } from '@metal3/local-servers';

/** A provider that Cluster API publishes itself: as a program and as a kustomization, both within its Go module. */
export interface ClusterApiProvider {
  readonly label: string;
  readonly type: 'CoreProvider' | 'BootstrapProvider' | 'ControlPlaneProvider';
  readonly name: string;
  readonly program: ProgramName;
  /** clusterctl's flag that installs it. */
  readonly flag: 'core' | 'bootstrap' | 'control-plane';
  readonly namespace: string;
  readonly webhookService: string;
  /** Folder of the module that holds its `config`. */
  readonly source: string;
}

export const coreProvider: ClusterApiProvider = {
  label: 'cluster-api',
  type: 'CoreProvider',
  name: 'cluster-api',
  program: 'cluster-api-core',
  flag: 'core',
  namespace: 'capi-system',
  webhookService: 'capi-webhook-service',
  source: 'core',
};

/** Machines and control planes made with kubeadm. */
export const kubeadmProviders: readonly ClusterApiProvider[] = [
  {
    label: 'bootstrap-kubeadm',
    type: 'BootstrapProvider',
    name: 'kubeadm',
    program: 'cluster-api-kubeadm-bootstrap',
    flag: 'bootstrap',
    namespace: 'capi-kubeadm-bootstrap-system',
    webhookService: 'capi-kubeadm-bootstrap-webhook-service',
    source: 'bootstrap/kubeadm',
  },
  {
    label: 'control-plane-kubeadm',
    type: 'ControlPlaneProvider',
    name: 'kubeadm',
    program: 'cluster-api-kubeadm-control-plane',
    flag: 'control-plane',
    namespace: 'capi-kubeadm-control-plane-system',
    webhookService: 'capi-kubeadm-control-plane-webhook-service',
    source: 'controlplane/kubeadm',
  },
];

/** Writes the release of such a provider into a repository of clusterctl; answers its entry in clusterctl.yaml. */
export async function writeClusterApiRelease(folder: string, provider: ClusterApiProvider) {
  const { version } = programs.clusterctl;
  const paths = [`${provider.source}/config`, 'metadata.yaml'];
  const source = await goModuleFiles({ module: 'sigs.k8s.io/cluster-api', version, paths });
  const home = join(folder, 'repository', provider.label, `v${version}`);
  mkdirSync(home, { recursive: true });
  const components = join(home, `${provider.flag}-components.yaml`);
  copyFileSync(await built(source, provider), components);
  copyFileSync(join(source, 'metadata.yaml'), join(home, 'metadata.yaml'));
  return { name: provider.name, type: provider.type, url: `file://${components}` };
}

/** Built once and kept beside its source: it takes seconds, and is the same each time. */
async function built(source: string, provider: ClusterApiProvider): Promise<string> {
  const file = `${source}-kustomize-${programs.kustomize.version}.yaml`;
  if (existsSync(file)) return file;
  const { kustomize } = await ensureBinaries({ names: ['kustomize'] });
  const build = ['build', join(source, provider.source, 'config/default')];
  const { stdout } = await promisify(execFile)(kustomize, build, { maxBuffer: 64 * 1024 * 1024 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, stdout);
  // Whole or not at all: another journey may build it at the same time.
  renameSync(draft, file);
  return file;
}
