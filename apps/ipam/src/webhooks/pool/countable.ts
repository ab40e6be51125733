import { parseIp, parseSubnet } from '../../address/ip.ts';
import type { PoolRange } from '../../address/range.ts';

/** The largest size that upstream can draw a number from. */
const largest = 2n ** 63n - 1n;

/** Why no number can be drawn from a well-formed entry, as the random strategy does; undefined if one can. */
export function countable({ start, end, subnet }: PoolRange): string | undefined {
  const [first, last, net] = [parseIp(start), parseIp(end), parseSubnet(subnet)];
  if (first === undefined && net === undefined) return 'either Start or Subnet is required for ipAddress';
  const to = first !== undefined && last !== undefined ? last.value : net?.last;
  if (to === undefined) return 'pool with Start requires End or Subnet to determine size';
  const size = first === undefined ? to - (net?.first ?? 0n) : to - first.value + 1n;
  return size > largest ? 'pool size exceeds int range' : undefined;
}
