import { latin1 } from './packet.ts';
import { numberOf } from './options.ts';
import type { Ipv4 } from '../ipv4.ts';

/** Option 82 (RFC 3046), as far as a server uses it; it is echoed whole. */
export interface RelayInformation {
  readonly circuitId: string | undefined;
  readonly remoteId: string | undefined;
  /** RFC 3527: an address of the client's subnet, when giaddr is not one. */
  readonly linkSelection: Ipv4 | undefined;
}

/** Sub-options that are cut off are passed over: a relay's mistake is no reason to leave its clients without an address. */
export function readRelay(value: Uint8Array | undefined): RelayInformation | undefined {
  if (value === undefined) return undefined;
  const parts = new Map<number, Uint8Array>();
  for (let at = 0; at + 2 <= value.length;) {
    const length = value[at + 1] ?? 0;
    if (at + 2 + length > value.length) break;
    parts.set(value[at] ?? 0, value.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const link = parts.get(5);
  return {
    circuitId: printable(parts.get(1)),
    remoteId: printable(parts.get(2)),
    linkSelection: link?.length === 4 ? numberOf(link) : undefined,
  };
}

/** As text where it is text, else in hexadecimal. */
function printable(value: Uint8Array | undefined): string | undefined {
  if (value === undefined) return undefined;
  const text = latin1(value);
  return /^[\x20-\x7e]+$/.test(text) ? text : Buffer.from(value).toString('hex');
}
