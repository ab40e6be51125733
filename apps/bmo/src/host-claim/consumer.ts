import { formatKey, type ObjectKey } from '@metal3/kube-client';
import { apiVersionOf, hostClaim, type BareMetalHost, type HostClaim } from '@metal3/metal3-api';

type Consumer = NonNullable<BareMetalHost['spec']['consumerRef']>;

/** What makes a host this claim's. */
export function consumerOf({ metadata: { name = '', namespace = '' } }: HostClaim): Consumer {
  return { apiVersion: apiVersionOf(hostClaim), kind: hostClaim.kind, name, namespace };
}

/** The claim that a host belongs to. The API version is not compared: it changes with upgrades. */
export function claimOf(host: BareMetalHost | undefined): ObjectKey | undefined {
  const { kind, apiVersion = '', name = '', namespace } = host?.spec.consumerRef ?? {};
  return kind === hostClaim.kind && apiVersion.split('/')[0] === hostClaim.group ? { namespace, name } : undefined;
}

/** The same as text, for an index of hosts. */
export function claimsHolding(host: BareMetalHost): readonly string[] {
  const claim = claimOf(host);
  return claim === undefined ? [] : [formatKey(claim)];
}
