import type { IPPoolSpec } from '@metal3/metal3-api';
import { formatIp, type Ip, lastAddress, parseIp, parseSubnet } from './ip.ts';

export type PoolRange = NonNullable<IPPoolSpec['pools']>[number];

/** The addresses of one entry of `spec.pools`, from first to last; both belong to it. */
export interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
  /** How many they are. */
  readonly size: bigint;
  readonly settings: PoolRange;
}

/**
 * What an entry offers. With `start`: from there to `end`, to the end of the subnet or, with neither, to the end of
 * the address space. With the subnet alone: from the address after the one written (the network's, or a host's as in
 * 192.168.0.10/24) to its last one, broadcast included, as upstream has it. With `end` alone, or with families mixed:
 * nothing.
 */
export function rangeOf(settings: PoolRange): Range | undefined {
  const start = parseIp(settings.start);
  const end = parseIp(settings.end);
  const subnet = parseSubnet(settings.subnet);
  const family = start?.family ?? subnet?.family;
  if (family === undefined) return undefined;
  if ([end, subnet].some((given) => given !== undefined && given.family !== family)) return undefined;

  const from = start?.value ?? (subnet === undefined ? 0n : subnet.written + 1n);
  const first = subnet !== undefined && from < subnet.first ? subnet.first : from;
  const limits = [lastAddress(family), end?.value, subnet?.last].filter((limit) => limit !== undefined);
  const last = limits.reduce((least, limit) => (limit < least ? limit : least));
  return first > last ? undefined : { family, first, last, size: last - first + 1n, settings };
}

export function rangesOf(spec: Pick<IPPoolSpec, 'pools'>): Range[] {
  return (spec.pools ?? []).flatMap((settings) => rangeOf(settings) ?? []);
}

export function contains({ family, first, last }: Range, ip: Ip): boolean {
  return ip.family === family && ip.value >= first && ip.value <= last;
}

/** `10.0.0.1-10.0.0.9` */
export function rangeText({ family, first, last }: Range): string {
  return `${formatIp({ family, value: first })}-${formatIp({ family, value: last })}`;
}
