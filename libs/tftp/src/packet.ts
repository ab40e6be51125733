/** A packet that does not follow RFC 1350 or 2347. Nothing else is ever thrown for what the network sends. */
export class TftpFormatError extends Error {
  override readonly name = 'TftpFormatError';
  readonly code = 'TFTP-PACKET-MALFORMED';
}

/** Error codes of RFC 1350, and 8 of RFC 2347. */
export const tftpError = {
  undefined: 0,
  fileNotFound: 1,
  accessViolation: 2,
  diskFull: 3,
  illegalOperation: 4,
  unknownTransfer: 5,
  fileExists: 6,
  noSuchUser: 7,
  optionRefused: 8,
} as const;

export type TftpOptions = ReadonlyMap<string, string>;

export type TftpPacket =
  | { readonly kind: 'read' | 'write'; readonly file: string; readonly mode: string; readonly options: TftpOptions }
  | { readonly kind: 'data'; readonly block: number; readonly data: Uint8Array }
  | { readonly kind: 'ack'; readonly block: number }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'option-ack'; readonly options: TftpOptions };

const opcode = { read: 1, write: 2, data: 3, ack: 4, error: 5, 'option-ack': 6 } as const;

/** RFC 2347: a request is one packet of at most 512 bytes. */
const longestRequest = 512;

/**
 * Reads one packet. Option names come back in lower case (RFC 2347: case does not count). The work is linear in the bytes given.
 * @throws TftpFormatError
 */
export function parseTftp(bytes: Uint8Array): TftpPacket {
  if (bytes.length < 4) throw new TftpFormatError(`${bytes.length} bytes are too few for a TFTP packet`);
  const first = word(bytes, 0);
  switch (first) {
    case opcode.read:
    case opcode.write: {
      if (bytes.length > longestRequest) throw new TftpFormatError('the request is longer than 512 bytes');
      const [file, mode, ...rest] = strings(bytes.subarray(2));
      if (file === undefined || file === '' || mode === undefined)
        throw new TftpFormatError('the request names no file');
      return { kind: first === opcode.read ? 'read' : 'write', file, mode: mode.toLowerCase(), options: pairs(rest) };
    }
    case opcode.data:
      return { kind: 'data', block: word(bytes, 2), data: bytes.slice(4) };
    case opcode.ack:
      return { kind: 'ack', block: word(bytes, 2) };
    case opcode.error:
      return { kind: 'error', code: word(bytes, 2), message: strings(bytes.subarray(4, 4 + longestRequest))[0] ?? '' };
    case opcode['option-ack']:
      return { kind: 'option-ack', options: pairs(strings(bytes.subarray(2, 2 + longestRequest))) };
    default:
      throw new TftpFormatError(`${first} is no TFTP operation`);
  }
}

export function formatTftp(packet: TftpPacket): Uint8Array {
  switch (packet.kind) {
    case 'read':
    case 'write':
      return Buffer.concat([
        head(opcode[packet.kind]),
        text([packet.file, packet.mode, ...[...packet.options].flat()]),
      ]);
    case 'data':
      return Buffer.concat([head(opcode.data, packet.block), packet.data]);
    case 'ack':
      return head(opcode.ack, packet.block);
    case 'error':
      return Buffer.concat([head(opcode.error, packet.code), text([packet.message])]);
    case 'option-ack':
      return Buffer.concat([head(opcode['option-ack']), text([...packet.options].flat())]);
  }
}

/** A DATA packet; block numbers wrap to 0 after 65535, as every server does that sends large files. */
export function dataPacket(block: number, data: Uint8Array): Uint8Array {
  const packet = Buffer.allocUnsafe(4 + data.length);
  packet[0] = 0;
  packet[1] = opcode.data;
  packet[2] = (block >>> 8) & 255;
  packet[3] = block & 255;
  packet.set(data, 4);
  return packet;
}

/** The block number of an ACK, undefined for any other packet: what a sender reads most, without an object for it. */
export function ackedBlock(bytes: Uint8Array): number | undefined {
  return bytes.length >= 4 && word(bytes, 0) === opcode.ack ? word(bytes, 2) : undefined;
}

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

const head = (...words: readonly number[]): Uint8Array =>
  Uint8Array.from(words.flatMap((value) => [(value >>> 8) & 255, value & 255]));

const text = (values: readonly string[]): Uint8Array =>
  Buffer.from(values.map((value) => `${value.replaceAll('\0', '')}\0`).join(''), 'latin1');

/** Texts that end with a zero byte; the last may lack it, as some ROMs send it. */
function strings(bytes: Uint8Array): string[] {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const parts = whole.split('\0');
  if (parts.at(-1) === '') parts.pop();
  return parts;
}

function pairs(values: readonly string[]): Map<string, string> {
  const options = new Map<string, string>();
  for (let at = 0; at + 1 < values.length; at += 2) {
    const name = (values[at] ?? '').toLowerCase();
    // RFC 2347: an option stands once; of several the first counts.
    if (name !== '' && !options.has(name)) options.set(name, values[at + 1] ?? '');
  }
  return options;
}
