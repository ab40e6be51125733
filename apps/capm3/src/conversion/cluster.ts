import type { infrastructureV1Beta1 as v1beta1, infrastructureV1Beta2 as v1beta2 } from '@metal3/metal3-api';
import { present } from './present.ts';
import { newHealth, oldHealth } from './status.ts';

type OldDomains = v1beta1.Metal3ClusterSpec['failureDomains'];
type NewDomains = v1beta2.Metal3ClusterSpec['failureDomains'];

export function newClusterSpec(spec: v1beta1.Metal3ClusterSpec): v1beta2.Metal3ClusterSpec {
  const { controlPlaneEndpoint, cloudProviderEnabled, noCloudProvider, failureDomains } = spec;
  // The deprecated field is the inverse; the newer one wins where both are given.
  const enabled = cloudProviderEnabled ?? (noCloudProvider === undefined ? undefined : !noCloudProvider);
  return present({
    controlPlaneEndpoint: controlPlaneEndpoint && newEndpoint(controlPlaneEndpoint),
    cloudProviderEnabled: enabled,
    failureDomains: newDomains(failureDomains),
  });
}

export function oldClusterSpec(spec: v1beta2.Metal3ClusterSpec): v1beta1.Metal3ClusterSpec {
  const { controlPlaneEndpoint, cloudProviderEnabled, failureDomains } = spec;
  return present({
    controlPlaneEndpoint: controlPlaneEndpoint && {
      host: controlPlaneEndpoint.host ?? '',
      port: controlPlaneEndpoint.port ?? 0,
    },
    cloudProviderEnabled,
    noCloudProvider: cloudProviderEnabled === undefined ? undefined : !cloudProviderEnabled,
    failureDomains: oldDomains(failureDomains),
  });
}

export function newClusterStatus(status: v1beta1.Metal3ClusterStatus): v1beta2.Metal3ClusterStatus {
  const { failureDomains, lastUpdated } = status;
  return present({ ...newHealth(status), failureDomains: newDomains(failureDomains), lastUpdated });
}

export function oldClusterStatus(status: v1beta2.Metal3ClusterStatus): v1beta1.Metal3ClusterStatus {
  const { failureDomains, lastUpdated } = status;
  return present({ ...oldHealth(status), failureDomains: oldDomains(failureDomains), lastUpdated });
}

/** Both were required and could be empty; now each may be left out but not be empty. */
function newEndpoint({
  host,
  port,
}: {
  host: string;
  port: number;
}): NonNullable<v1beta2.Metal3ClusterSpec['controlPlaneEndpoint']> | undefined {
  if (host === '' && port === 0) return undefined;
  return { ...(host !== '' && { host }), ...(port !== 0 && { port }) };
}

function newDomains(domains: OldDomains): NewDomains {
  if (domains === undefined || Object.keys(domains).length === 0) return undefined;
  return Object.entries(domains)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { controlPlane, attributes }]) => present({ name, controlPlane, attributes }));
}

function oldDomains(domains: NewDomains): OldDomains {
  return domains && Object.fromEntries(domains.map(({ name, ...domain }) => [name, domain]));
}
