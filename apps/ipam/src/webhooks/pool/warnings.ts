import type { IPPoolSpec } from '@metal3/metal3-api';
import { formatIp, isIp, parseIp, parseSubnet, type Subnet } from '../../address/ip.ts';
import { isObjectName } from '../../address/name.ts';
import { contains, type PoolRange, type Range, rangeOf } from '../../address/range.ts';

/**
 * What is allowed and yet hardly meant: entries that give nothing or share addresses, a gateway or prefix that does not fit.
 * Each names its field and fits the 120 characters that are sure to be shown.
 */
export function poolWarnings(spec: IPPoolSpec): readonly string[] {
  const entries = (spec.pools ?? []).map((entry, at) => ({ field: `spec.pools[${at}]`, entry, range: rangeOf(entry) }));
  return [
    ...nameWarnings(spec),
    ...entries.filter(({ range }) => range === undefined).map(({ field, entry }) => emptyWarning(field, entry)),
    ...overlapWarnings(entries),
    ...entries.flatMap(({ field, entry, range }) => [
      ...prefixWarnings(field, entry, range, spec),
      ...gatewayWarnings(field, entry, range, spec),
    ]),
  ];
}

/** The longest text of an address: eight groups of an IPv6 one. */
const longestAddress = '0000-0000-0000-0000-0000-0000-0000-0000';

function nameWarnings({ namePrefix }: IPPoolSpec): readonly string[] {
  if (isObjectName(`${namePrefix}-${longestAddress}`)) return [];
  const shown = namePrefix.length > 20 ? `${namePrefix.slice(0, 20)}...` : namePrefix;
  return [`spec.namePrefix: no address can be named after ${shown}: give a-z, 0-9 and dashes, 213 at most`];
}

interface Entry {
  readonly field: string;
  readonly entry: PoolRange;
  readonly range: Range | undefined;
}

function emptyWarning(field: string, { start, subnet }: PoolRange): string {
  return start === undefined && subnet === undefined
    ? `${field}: no address is given out of an entry with end alone: add start or subnet`
    : `${field}: holds no address: start, end and subnet do not meet`;
}

function overlapWarnings(entries: readonly Entry[]): readonly string[] {
  return entries.flatMap(({ field, range }, at) =>
    entries.slice(0, at).flatMap((earlier) => {
      const [one, other] = [range, earlier.range];
      if (one === undefined || other === undefined || one.family !== other.family) return [];
      const first = one.first > other.first ? one.first : other.first;
      const last = one.last < other.last ? one.last : other.last;
      if (first > last) return [];
      const { family } = one;
      return [`${field}: overlaps ${earlier.field} from ${formatIp({ family, value: first })} on`];
    }),
  );
}

function prefixWarnings(
  field: string,
  entry: PoolRange,
  range: Range | undefined,
  spec: IPPoolSpec,
): readonly string[] {
  const own = entry.prefix !== undefined && entry.prefix !== 0;
  const prefix = own ? entry.prefix : spec.prefix;
  if (range?.family !== 4 || prefix === undefined || prefix <= 32) return [];
  return [
    `${own ? `${field}.prefix` : 'spec.prefix'}: ${prefix} is no prefix length of the IPv4 addresses of ${field}`,
  ];
}

function gatewayWarnings(
  field: string,
  entry: PoolRange,
  range: Range | undefined,
  spec: IPPoolSpec,
): readonly string[] {
  const text = entry.gateway ?? spec.gateway;
  const gateway = parseIp(text);
  if (gateway === undefined || range === undefined) return [];
  const at = entry.gateway === undefined ? 'spec.gateway' : `${field}.gateway`;
  if (contains(range, gateway)) {
    const kept = Object.values(spec.preAllocations ?? {}).some((one) => isIp(gateway, parseIp(one)));
    const where = entry.gateway === undefined ? ` by ${field}` : '';
    return kept ? [] : [`${at}: ${text} is given out${where}; keep it by preAllocations`];
  }
  const network = networkOf(entry, range, spec);
  if (network === undefined || contains({ ...range, ...network.subnet }, gateway)) return [];
  return [`${at}: ${text} is outside of ${network.text}, the subnet of ${field}`];
}

/** The network of an entry's addresses: its subnet, or what start and prefix make of it. */
function networkOf(
  { subnet, start, prefix }: PoolRange,
  range: Range | undefined,
  spec: IPPoolSpec,
): { readonly text: string; readonly subnet: Subnet } | undefined {
  const length = prefix || spec.prefix;
  const text = subnet ?? (start === undefined || !length || range === undefined ? undefined : `${start}/${length}`);
  const parsed = parseSubnet(text);
  return text === undefined || parsed === undefined ? undefined : { text, subnet: parsed };
}
