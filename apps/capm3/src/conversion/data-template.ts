import type { infrastructureV1Beta1 as v1beta1, infrastructureV1Beta2 as v1beta2 } from '@metal3/metal3-api';
import { present, unlessEmpty } from './present.ts';
import { withoutEmpty } from './without-empty.ts';

type OldMetaData = NonNullable<v1beta1.Metal3DataTemplateSpec['metaData']>;
type NewMetaData = NonNullable<v1beta2.Metal3DataTemplateSpec['metaData']>;
type OldNetworkData = NonNullable<v1beta1.Metal3DataTemplateSpec['networkData']>;
type NewNetworkData = NonNullable<v1beta2.Metal3DataTemplateSpec['networkData']>;

export function newDataTemplateSpec(spec: v1beta1.Metal3DataTemplateSpec): v1beta2.Metal3DataTemplateSpec {
  const { clusterName, metaData, networkData } = spec;
  return present({
    clusterName: unlessEmpty(clusterName),
    metaData: metaData && newMetaData(metaData),
    networkData: networkData && newNetworkData(networkData),
  });
}

export function oldDataTemplateSpec(spec: v1beta2.Metal3DataTemplateSpec): v1beta1.Metal3DataTemplateSpec {
  const { clusterName, metaData, networkData } = spec;
  return present({
    // The old version cannot do without.
    clusterName: clusterName ?? '',
    metaData: metaData && oldMetaData(metaData),
    networkData: networkData && oldNetworkData(networkData),
  });
}

/** Which claim has which index: by claim in the old version, a list in the new one. */
export function newDataTemplateStatus(status: v1beta1.Metal3DataTemplateStatus): v1beta2.Metal3DataTemplateStatus {
  const entries = Object.entries(status.indexes ?? {}).map(([name, index]) => ({ name, index }));
  const indexes = entries.toSorted((left, right) => left.index - right.index);
  return present({ lastUpdated: status.lastUpdated, indexes: indexes.length === 0 ? undefined : indexes });
}

export function oldDataTemplateStatus(status: v1beta2.Metal3DataTemplateStatus): v1beta1.Metal3DataTemplateStatus {
  const { lastUpdated, indexes } = status;
  return present({
    lastUpdated,
    indexes: indexes && Object.fromEntries(indexes.map(({ name, index }) => [name, index])),
  });
}

function newMetaData(old: OldMetaData): NewMetaData {
  const { ipAddressesFromIPPool, prefixesFromIPPool, gatewaysFromIPPool, dnsServersFromIPPool, ...same } = old;
  return withoutEmpty({
    ...same,
    ipAddressesFromPool: ipAddressesFromIPPool,
    prefixesFromPool: prefixesFromIPPool,
    gatewaysFromPool: gatewaysFromIPPool,
    dnsServersFromPool: dnsServersFromIPPool,
  }) as NewMetaData;
}

function oldMetaData(metaData: NewMetaData): OldMetaData {
  const { ipAddressesFromPool, prefixesFromPool, gatewaysFromPool, dnsServersFromPool, ...same } = metaData;
  return present({
    ...same,
    ipAddressesFromIPPool: ipAddressesFromPool,
    prefixesFromIPPool: prefixesFromPool,
    gatewaysFromIPPool: gatewaysFromPool,
    dnsServersFromIPPool: dnsServersFromPool,
  }) as OldMetaData;
}

function newNetworkData({ links, ...same }: OldNetworkData): NewNetworkData {
  const bonds = links?.bonds?.map(({ parameters, ...bond }) => ({
    ...bond,
    parameters: Object.entries(parameters ?? {})
      .map(([name, value]) => ({ name, value }))
      .toSorted((left, right) => (left.name < right.name ? -1 : 1)),
  }));
  return withoutEmpty({ ...same, links: links && { ...links, bonds } }) as NewNetworkData;
}

function oldNetworkData({ links, networks, ...same }: NewNetworkData): OldNetworkData {
  const bonds = links?.bonds?.map(({ parameters, ...bond }) => ({
    ...bond,
    parameters: parameters && Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
  }));
  // The old version cannot do without this field, in IPv6 networks only.
  const ipv6 = networks?.ipv6?.map((network) => ({ ipAddressFromIPPool: '', ...network }));
  return present({
    ...same,
    links: links && present({ ...links, bonds: bonds?.map(present) }),
    networks: networks && present({ ...networks, ipv6 }),
  }) as OldNetworkData;
}
