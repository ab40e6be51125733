import { DhcpFormatError } from '../errors.ts';
import { ipv6Bytes, ipv6Of, type Ipv6 } from '../ipv6.ts';
import { messageType6, option6 } from './codes.ts';

/** One option; the same may stand several times. */
export interface Option6 {
  readonly code: number;
  readonly data: Uint8Array;
}

/** A message between client and server (RFC 8415 section 8). */
export interface Message6 {
  readonly type: number;
  /** 24 bits. */
  readonly transaction: number;
  readonly options: readonly Option6[];
}

/** What one relay put around a message (RFC 8415 section 9). */
export interface Relay6 {
  readonly hops: number;
  readonly link: Ipv6;
  readonly peer: Ipv6;
  /** Without the relayed message itself. */
  readonly options: readonly Option6[];
}

/** A client's message with the relays it came through, the one nearest to the server first. */
export interface Received6 {
  readonly message: Message6;
  readonly relays: readonly Relay6[];
}

/** HOP_COUNT_LIMIT of RFC 8415 section 7.6. */
const mostRelays = 8;
const relayHeader = 34;

/**
 * Reads a message and the relays around it. The work is linear in the bytes given, and at most eight relays are unwrapped.
 * @throws DhcpFormatError
 */
export function parseMessage6(bytes: Uint8Array): Received6 {
  const relays: Relay6[] = [];
  let rest = bytes;
  for (;;) {
    const type = rest[0];
    if (type !== messageType6.relayForward && type !== messageType6.relayReply) break;
    if (relays.length >= mostRelays) throw new DhcpFormatError(`more than ${mostRelays} relays`);
    if (rest.length < relayHeader) throw new DhcpFormatError('the header of a relay is cut off');
    const options = readOptions6(rest.subarray(relayHeader));
    const inner = options.find(({ code }) => code === option6.relayMessage);
    if (inner === undefined) throw new DhcpFormatError('a relay sent no message');
    relays.push({
      hops: rest[1] ?? 0,
      link: ipv6Of(rest.subarray(2, 18)),
      peer: ipv6Of(rest.subarray(18, 34)),
      options: options.filter(({ code }) => code !== option6.relayMessage),
    });
    rest = inner.data;
  }
  if (rest.length < 4) throw new DhcpFormatError(`${rest.length} bytes are too few for a DHCPv6 message`);
  const [type = 0, high = 0, middle = 0, low = 0] = rest;
  return {
    message: { type, transaction: (high << 16) | (middle << 8) | low, options: readOptions6(rest.subarray(4)) },
    relays,
  };
}

export function formatMessage6({ type, transaction, options }: Message6): Uint8Array {
  const head = Uint8Array.of(type, (transaction >>> 16) & 255, (transaction >>> 8) & 255, transaction & 255);
  return concat([head, formatOptions6(options)]);
}

/** The answer wrapped as its relays wrapped the question: each gets back its interface identifier (RFC 8415 section 19.3). */
export function formatRelayed6(message: Message6, relays: readonly Relay6[]): Uint8Array {
  return relays.toReversed().reduce<Uint8Array>((inner, { hops, link, peer, options }) => {
    const echoed = options.filter(({ code }) => code === option6.interfaceId);
    const head = concat([Uint8Array.of(messageType6.relayReply, hops), ipv6Bytes(link), ipv6Bytes(peer)]);
    return concat([head, formatOptions6([...echoed, { code: option6.relayMessage, data: inner }])]);
  }, formatMessage6(message));
}

/** @throws DhcpFormatError */
export function readOptions6(bytes: Uint8Array): Option6[] {
  const options: Option6[] = [];
  for (let at = 0; at < bytes.length;) {
    if (at + 4 > bytes.length) throw new DhcpFormatError('an option is cut off');
    const code = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    if (at + 4 + length > bytes.length) throw new DhcpFormatError(`option ${code} is cut off`);
    options.push({ code, data: bytes.slice(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return options;
}

export const formatOptions6 = (options: readonly Option6[]): Uint8Array =>
  concat(
    options.flatMap(({ code, data }) => [
      Uint8Array.of((code >>> 8) & 255, code & 255, (data.length >>> 8) & 255, data.length & 255),
      data,
    ]),
  );

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
