/** Where one program comes from; see binaries.mjs. */
export interface Program {
  readonly version: string;
  readonly module: string;
  readonly package: string;
  readonly ldflags: string;
  readonly download: (os: string, arch: string) => string | undefined;
}

export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kubectl'
  | 'helm'
  | 'clusterctl'
  | 'cluster-api-core'
  | 'cluster-api-kubeadm-bootstrap'
  | 'cluster-api-kubeadm-control-plane'
  | 'kustomize'
  | 'ironic-client';

export interface BinaryRequest {
  /** Which programs; the three of the control plane when left out. */
  readonly names?: readonly ProgramName[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Gets one line for everything that takes long. */
  readonly report?: (line: string) => void;
}

export const programs: Readonly<Record<ProgramName, Program>>;
export const controlPlanePrograms: readonly ProgramName[];
export function cacheDir(env?: Readonly<Record<string, string | undefined>>): string;
export function findOnPath(name: string, env?: Readonly<Record<string, string | undefined>>): string | undefined;
/** A path for each program, or `build` or `missing`. */
export function locateBinaries(request?: BinaryRequest): Promise<Readonly<Record<ProgramName, string>>>;
/** Returns the path of each program, making those that are missing. Throws an Error that names the remedy. */
export function ensureBinaries(request?: BinaryRequest): Promise<Readonly<Record<ProgramName, string>>>;
