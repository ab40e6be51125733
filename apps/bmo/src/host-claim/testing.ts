import type { BareMetalHost, HostClaim, HostDeployPolicy } from '@metal3/metal3-api';

const apiVersion = 'metal3.io/v1alpha1';

/** A host in the namespace `metal`, free unless it is said otherwise. */
export function aHost(
  name: string,
  {
    metadata = {},
    labels,
    annotations,
    spec = {},
    state = 'available',
    errorMessage = '',
  }: {
    readonly metadata?: BareMetalHost['metadata'];
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
    readonly spec?: Partial<BareMetalHost['spec']>;
    readonly state?: string;
    readonly errorMessage?: string;
  } = {},
): BareMetalHost {
  return {
    apiVersion,
    kind: 'BareMetalHost',
    metadata: { namespace: 'metal', name, ...(labels && { labels }), ...(annotations && { annotations }), ...metadata },
    spec: { online: false, ...spec },
    status: {
      errorCount: 0,
      errorMessage,
      operationalStatus: 'OK',
      poweredOn: false,
      provisioning: { ID: '', state },
      provisioningFailCount: 0,
    },
  };
}

export function aClaim({
  metadata = {},
  spec = {},
  status,
}: {
  readonly metadata?: HostClaim['metadata'];
  readonly spec?: Partial<HostClaim['spec']>;
  readonly status?: HostClaim['status'];
} = {}): HostClaim {
  return {
    apiVersion,
    kind: 'HostClaim',
    metadata: { namespace: 'tenant', name: 'claim', generation: 1, ...metadata },
    spec: { poweredOn: true, ...spec },
    ...(status && { status }),
  };
}

export function aPolicy(
  hostClaimNamespaces: HostDeployPolicy['spec']['hostClaimNamespaces'],
  namespace = 'metal',
): HostDeployPolicy {
  const spec = hostClaimNamespaces === undefined ? {} : { hostClaimNamespaces };
  return { apiVersion, kind: 'HostDeployPolicy', metadata: { namespace, name: 'policy' }, spec };
}
