import type { Kind, KubeObject } from '@metal3/kube-client';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

/** Cluster API's kinds, as far as a journey looks at them. */
export interface Machine extends KubeObject {
  readonly spec: object;
  readonly status?: {
    readonly phase?: string;
    readonly nodeRef?: { readonly name: string };
    readonly conditions?: readonly Condition[];
  };
}

export interface Cluster extends KubeObject {
  readonly spec: object;
  readonly status?: {
    readonly phase?: string;
    readonly initialization?: { readonly infrastructureProvisioned?: boolean };
    readonly conditions?: readonly Condition[];
  };
}

const group = 'cluster.x-k8s.io';
const version = 'v1beta2';

export const machine: Kind<Machine> = { group, version, kind: 'Machine', plural: 'machines', namespaced: true };
export const cluster: Kind<Cluster> = { group, version, kind: 'Cluster', plural: 'clusters', namespaced: true };
export const machineDeployment: Kind<KubeObject & { readonly spec: object }> = {
  group,
  version,
  kind: 'MachineDeployment',
  plural: 'machinedeployments',
  namespaced: true,
};
export const machineHealthCheck: Kind<KubeObject & { readonly spec: object }> = {
  group,
  version,
  kind: 'MachineHealthCheck',
  plural: 'machinehealthchecks',
  namespaced: true,
};

export interface KubeadmControlPlane extends KubeObject {
  readonly spec: object;
  readonly status?: object;
}

export const kubeadmControlPlane: Kind<KubeadmControlPlane> = {
  group: 'controlplane.cluster.x-k8s.io',
  version,
  kind: 'KubeadmControlPlane',
  plural: 'kubeadmcontrolplanes',
  namespaced: true,
};
export const kubeadmConfigTemplate: Kind<KubeObject & { readonly spec: object }> = {
  group: 'bootstrap.cluster.x-k8s.io',
  version,
  kind: 'KubeadmConfigTemplate',
  plural: 'kubeadmconfigtemplates',
  namespaced: true,
};

export const infrastructureGroup = 'infrastructure.cluster.x-k8s.io';
