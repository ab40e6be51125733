import { type Ip, parseIp, parseSubnet } from '../../address/ip.ts';
import type { PoolRange } from '../../address/range.ts';

/**
 * Whether an entry may hold an address: all limits it gives are kept. Wider than what is given out in sequence: the network's
 * own address is within, and an entry with `end` alone reaches down to the first address of the family.
 */
export function isWithin(entry: PoolRange, { family, value }: Ip): boolean {
  const start = parseIp(entry.start);
  const end = parseIp(entry.end);
  const subnet = parseSubnet(entry.subnet);
  const limits = [start, end, subnet].filter((limit) => limit !== undefined);
  return (
    limits.length > 0 &&
    limits.every((limit) => limit.family === family) &&
    (start === undefined || start.value <= value) &&
    (end === undefined || value <= end.value) &&
    (subnet === undefined || (subnet.first <= value && value <= subnet.last))
  );
}

export function isWithinAny(entries: readonly PoolRange[] | undefined, text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && (entries ?? []).some((entry) => isWithin(entry, ip));
}
