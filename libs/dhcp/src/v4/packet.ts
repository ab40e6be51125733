import { DhcpFormatError } from '../errors.ts';
import type { Ipv4 } from '../ipv4.ts';
import { option } from './codes.ts';
import { packOptions, readOptions, type DhcpOptions } from './options.ts';

/** BOOTP operation codes. */
export const bootRequest = 1;
export const bootReply = 2;

/** A DHCP message as RFC 2131 section 2 lays it out, with its options in one map wherever they stood. */
export interface DhcpPacket {
  readonly op: number;
  /** Hardware type, 1 for Ethernet, 32 for InfiniBand. */
  readonly htype: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  /** Bit 15: the client cannot receive unicast yet. */
  readonly flags: number;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** Hardware address, as long as hlen says. */
  readonly chaddr: Uint8Array;
  /** Empty when the field was used for options. */
  readonly sname: string;
  readonly file: string;
  readonly options: DhcpOptions;
}

/** Offsets of RFC 2131 figure 1. */
const at = { chaddr: 28, sname: 44, file: 108, cookie: 236, options: 240 } as const;
const magicCookie = 0x63825363;
/** RFC 951: old relays and clients drop anything shorter. */
const minimumSize = 300;
/** The largest payload that fits one Ethernet frame. */
const largestSize = 1472;

/**
 * Reads a DHCP message. The work is linear in the bytes given.
 * @throws DhcpFormatError
 */
export function parsePacket(bytes: Uint8Array): DhcpPacket {
  if (bytes.length < at.options) throw new DhcpFormatError(`${bytes.length} bytes are too few for a DHCP message`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const op = view.getUint8(0);
  if (op !== bootRequest && op !== bootReply) throw new DhcpFormatError(`${op} is no operation code`);
  const hlen = view.getUint8(2);
  if (hlen > 16) throw new DhcpFormatError(`a hardware address cannot be ${hlen} bytes long`);
  if (view.getUint32(at.cookie) !== magicCookie) throw new DhcpFormatError('the magic cookie is missing (plain BOOTP)');
  const sname = bytes.subarray(at.sname, at.file);
  const file = bytes.subarray(at.file, at.cookie);
  const { options, overload } = readOptions(bytes.subarray(at.options), file, sname);
  return {
    op,
    htype: view.getUint8(1),
    hops: view.getUint8(3),
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: view.getUint32(12),
    yiaddr: view.getUint32(16),
    siaddr: view.getUint32(20),
    giaddr: view.getUint32(24),
    chaddr: bytes.slice(at.chaddr, at.chaddr + hlen),
    sname: (overload & 2) === 0 ? fieldText(sname) : '',
    file: (overload & 1) === 0 ? fieldText(file) : '',
    options,
  };
}

export interface FormattedPacket {
  readonly bytes: Uint8Array;
  /** Numbers of the options for which there was no room, in the order given. */
  readonly omitted: readonly number[];
}

/**
 * Writes a DHCP message of at most `maximumSize` bytes (548 by default: what every client must accept, less IP and UDP headers).
 * Options are written in the order of the map, relay information last (RFC 3046). When they do not fit, the `file` and `sname` fields
 * are used where they are free (RFC 2132 option 52); what still does not fit is left out and reported.
 */
export function formatPacket(packet: DhcpPacket, maximumSize = 548): FormattedPacket {
  const limit = Math.min(largestSize, Math.max(minimumSize, maximumSize));
  const free = { file: packet.file === '', sname: packet.sname === '' };
  const { main, file, sname, omitted } = packOptions(packet.options, limit - at.options, free);
  const bytes = new Uint8Array(Math.max(minimumSize, at.options + main.length));
  const view = new DataView(bytes.buffer);
  bytes[0] = packet.op;
  bytes[1] = packet.htype;
  bytes[2] = packet.chaddr.length;
  bytes[3] = packet.hops;
  view.setUint32(4, packet.xid);
  view.setUint16(8, packet.secs);
  view.setUint16(10, packet.flags);
  view.setUint32(12, packet.ciaddr);
  view.setUint32(16, packet.yiaddr);
  view.setUint32(20, packet.siaddr);
  view.setUint32(24, packet.giaddr);
  bytes.set(packet.chaddr.subarray(0, 16), at.chaddr);
  bytes.set(sname ?? fieldBytes(packet.sname, 64), at.sname);
  bytes.set(file ?? fieldBytes(packet.file, 128), at.file);
  view.setUint32(at.cookie, magicCookie);
  bytes.set(main, at.options);
  return { bytes, omitted };
}

/** Text up to the first zero byte; bytes, not UTF-8. */
function fieldText(field: Uint8Array): string {
  const end = field.indexOf(0);
  return latin1(end === -1 ? field : field.subarray(0, end));
}

/** Cut so that a terminating zero remains. */
const fieldBytes = (text: string, size: number): Uint8Array => latin1Bytes(text).subarray(0, size - 1);

/** One character a byte: these fields have no character set. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export const latin1Bytes = (text: string): Uint8Array =>
  Uint8Array.from({ length: text.length }, (_, index) => text.charCodeAt(index) & 255);

/** The message type of a packet, 0 when it has none. */
export const typeOf = ({ options }: Pick<DhcpPacket, 'options'>): number => options.get(option.messageType)?.[0] ?? 0;
