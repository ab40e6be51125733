/**
 * The mask of a prefix length: dotted for IPv4; for IPv6 the groups that are not all zero, then "::" for those that are (none are
 * left out of /128).
 */
export function netmask(prefix: number, family: 4 | 6): string {
  return family === 4 ? groups(prefix, 4, 8).join('.') : ipv6Mask(prefix);
}

function ipv6Mask(prefix: number): string {
  const set = groups(prefix, 8, 16).filter((group) => group !== 0);
  const text = set.map((group) => group.toString(16)).join(':');
  // A single zero group is written out: "::" would be no shorter.
  if (set.length === 8) return text;
  return set.length === 7 ? `${text}:0` : `${text}::`;
}

/** The mask in groups of `bits` bits each. */
function groups(prefix: number, count: number, bits: number): number[] {
  const full = 2 ** bits;
  return Array.from({ length: count }, (_, at) => {
    const ones = Math.min(Math.max(prefix - at * bits, 0), bits);
    return full - 2 ** (bits - ones);
  });
}
