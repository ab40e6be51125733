import type { BareMetalHost, Metal3Machine } from '@metal3/metal3-api';
import type { Cluster, Machine } from '../cluster-api/kinds.ts';

const namespace = 'metal3';

/** A host, available and free unless said otherwise. */
export function aHost(
  name: string,
  known: {
    readonly spec?: Partial<BareMetalHost['spec']>;
    readonly metadata?: BareMetalHost['metadata'];
    readonly state?: string;
    readonly error?: string;
  } = {},
): BareMetalHost {
  return {
    apiVersion: 'metal3.io/v1alpha1',
    kind: 'BareMetalHost',
    metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: '1', ...known.metadata },
    spec: { online: false, ...known.spec },
    status: {
      provisioning: { state: known.state ?? 'available', ID: '' },
      errorMessage: known.error ?? '',
      errorCount: 0,
      operationalStatus: 'OK',
      poweredOn: false,
    } as NonNullable<BareMetalHost['status']>,
  };
}

export function aMetal3Machine(
  known: {
    readonly spec?: Partial<Metal3Machine['spec']>;
    readonly metadata?: Metal3Machine['metadata'];
    readonly status?: Metal3Machine['status'];
  } = {},
): Metal3Machine {
  return {
    apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
    kind: 'Metal3Machine',
    metadata: { name: 'worker-1', namespace, uid: 'uid-m3m', ...known.metadata },
    spec: { image: { url: 'http://images/os.raw', checksum: 'abc', checksumType: 'sha256' }, ...known.spec },
    ...(known.status !== undefined && { status: known.status }),
  };
}

export function aMachine(
  known: { readonly spec?: Partial<Machine['spec']>; readonly status?: Machine['status'] } = {},
): Machine {
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Machine',
    metadata: { name: 'worker-1', namespace },
    spec: { clusterName: 'blue', bootstrap: { dataSecretName: 'worker-1-bootstrap' }, ...known.spec },
    ...(known.status !== undefined && { status: known.status }),
  };
}

export function aCluster(
  known: { readonly spec?: Partial<Cluster['spec']>; readonly status?: Cluster['status'] } = {},
): Cluster {
  return {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Cluster',
    metadata: { name: 'blue', namespace },
    spec: { infrastructureRef: { kind: 'Metal3Cluster', name: 'blue' }, ...known.spec },
    status: known.status ?? { initialization: { infrastructureProvisioned: true } },
  };
}

/** The consumer reference of `aMetal3Machine()`. */
export const ours = {
  apiVersion: 'infrastructure.cluster.x-k8s.io/v1beta2',
  kind: 'Metal3Machine',
  name: 'worker-1',
  namespace,
};
