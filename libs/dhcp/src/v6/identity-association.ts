import { DhcpFormatError } from '../errors.ts';
import { ipv6Bytes, ipv6Of, type Ipv6 } from '../ipv6.ts';
import { u16, u32 } from '../v4/options.ts';
import { option6 } from './codes.ts';
import { concat, formatOptions6, readOptions6, type Option6 } from './message.ts';

/** IA_NA: what one interface of a client has (RFC 8415 section 21.4). Seconds. */
export interface IdentityAssociation {
  readonly id: number;
  readonly addresses: readonly { readonly address: Ipv6; readonly preferred: number; readonly valid: number }[];
}

/** @throws DhcpFormatError */
export function readIdentityAssociation(data: Uint8Array): IdentityAssociation {
  if (data.length < 12) throw new DhcpFormatError('an identity association is cut off');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const addresses = readOptions6(data.subarray(12)).filter(({ code }) => code === option6.iaAddress);
  return {
    id: view.getUint32(0),
    addresses: addresses.map(({ data: value }) => {
      if (value.length < 24) throw new DhcpFormatError('an address option is cut off');
      const times = new DataView(value.buffer, value.byteOffset, value.byteLength);
      return { address: ipv6Of(value.subarray(0, 16)), preferred: times.getUint32(16), valid: times.getUint32(20) };
    }),
  };
}

/** Renewal at half, rebinding at four fifths of the shortest preferred lifetime (RFC 8415 section 21.4). */
export function identityAssociation({ id, addresses }: IdentityAssociation, status?: Option6): Option6 {
  const preferred = Math.min(...addresses.map((one) => one.preferred), 0xffffffff);
  const [renew, rebind] = addresses.length === 0 ? [0, 0] : [Math.floor(preferred / 2), Math.floor(preferred * 0.8)];
  const inner = addresses.map(({ address, preferred: soft, valid }) => ({
    code: option6.iaAddress,
    data: concat([ipv6Bytes(address), u32(soft), u32(valid)]),
  }));
  const options = formatOptions6([...inner, ...(status === undefined ? [] : [status])]);
  return { code: option6.iaNa, data: concat([u32(id), u32(renew), u32(rebind), options]) };
}

export const statusOption = (code: number, text: string): Option6 => ({
  code: option6.statusCode,
  data: concat([u16(code), new TextEncoder().encode(text)]),
});
