import type { Metal3DataTemplateSpec } from '@metal3/metal3-api';
import { neededAnnotation, RenderingError, type Subjects } from './subjects.ts';

/** A pool that a template takes an address from. */
export interface PoolRef {
  readonly apiGroup: string;
  readonly kind: string;
  readonly name: string;
}

/** What a pool gave. */
export interface PoolAddress {
  readonly address: string;
  readonly prefix: number | undefined;
  readonly gateway: string | undefined;
  readonly dnsServers: readonly string[];
}

/** By name of the pool: a machine has one address of each pool, wherever its template uses it. */
export type PoolAddresses = ReadonlyMap<string, PoolAddress>;

/** Where a template may name a pool; the first that is given counts. */
export interface PoolSource {
  readonly fromPoolAnnotation?: { readonly object: keyof Subjects; readonly annotation: string } | undefined;
  readonly fromPoolRef?: { readonly apiGroup?: string; readonly kind?: string; readonly name: string } | undefined;
  /** Name of a Metal3 IPPool. */
  readonly pool?: string | undefined;
}

export function metal3Pool(name: string): PoolRef {
  return { apiGroup: 'ipam.metal3.io', kind: 'IPPool', name };
}

export function isMetal3Pool({ apiGroup, kind }: PoolRef): boolean {
  return apiGroup === 'ipam.metal3.io' && kind === 'IPPool';
}

/** The pool that a source names; undefined when it names none. @throws RenderingError for an annotation that is missing */
export function poolOf(source: PoolSource, subjects: Subjects, field: string): PoolRef | undefined {
  if (source.fromPoolAnnotation !== undefined)
    return metal3Pool(neededAnnotation(subjects, source.fromPoolAnnotation, `${field}.fromPoolAnnotation`));
  if (source.fromPoolRef !== undefined) return { ...metal3Pool(''), ...source.fromPoolRef };
  return source.pool === undefined ? undefined : metal3Pool(source.pool);
}

/** Every pool of a template, each once. @throws RenderingError when one name stands for two pools */
export function poolsOf(spec: Metal3DataTemplateSpec, subjects: Subjects): readonly PoolRef[] {
  const found = new Map<string, PoolRef>();
  for (const pool of namedPools(spec, subjects)) {
    const before = found.get(pool.name);
    if (before !== undefined && (before.kind !== pool.kind || before.apiGroup !== pool.apiGroup)) {
      throw new RenderingError(
        `pool "${pool.name}" is used as ${before.kind}.${before.apiGroup} and as ${pool.kind}.${pool.apiGroup}: ` +
          'claims are named after the pool, so give one of them another name',
      );
    }
    found.set(pool.name, pool);
  }
  return [...found.values()];
}

function* namedPools({ metaData, networkData }: Metal3DataTemplateSpec, subjects: Subjects): Generator<PoolRef> {
  for (const list of ['ipAddressesFromPool', 'prefixesFromPool', 'gatewaysFromPool', 'dnsServersFromPool'] as const) {
    for (const { apiGroup, kind, name } of metaData?.[list] ?? []) {
      const { apiGroup: group, kind: usual } = metal3Pool(name);
      yield { apiGroup: apiGroup ?? group, kind: kind ?? usual, name };
    }
  }
  const { networks, services } = networkData ?? {};
  if (services?.dnsFromIPPool !== undefined) yield metal3Pool(services.dnsFromIPPool);
  for (const family of ['ipv4', 'ipv6'] as const) {
    for (const [at, network] of (networks?.[family] ?? []).entries()) {
      const pool = poolOf({ ...network, pool: network.ipAddressFromIPPool }, subjects, `networks.${family}[${at}]`);
      if (pool !== undefined) yield pool;
    }
  }
  for (const family of ['ipv4', 'ipv6', 'ipv4DHCP', 'ipv6DHCP', 'ipv6SLAAC'] as const) {
    for (const [at, { routes = [] }] of (networks?.[family] ?? []).entries()) {
      for (const { gateway, services: routeServices } of routes) {
        const source = gateway.string === undefined ? { ...gateway, pool: gateway.fromIPPool } : {};
        const pool = poolOf(source, subjects, `networks.${family}[${at}].routes.gateway`);
        if (pool !== undefined) yield pool;
        if (routeServices?.dnsFromIPPool !== undefined) yield metal3Pool(routeServices.dnsFromIPPool);
      }
    }
  }
}

/** @throws RenderingError when the pool has not given an address */
export function addressFrom(addresses: PoolAddresses, { name }: Pick<PoolRef, 'name'>, field: string): PoolAddress {
  const address = addresses.get(name);
  if (address === undefined) throw new RenderingError(`${field}: there is no address of pool "${name}"`);
  return address;
}
