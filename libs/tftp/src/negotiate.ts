import type { TftpOptions } from './packet.ts';

/** How a transfer goes on, agreed with the client. */
export interface TransferTerms {
  /** Bytes a block. */
  readonly blockSize: number;
  /** Blocks that are sent before an acknowledgement is waited for (RFC 7440). */
  readonly windowSize: number;
  /** Wait for an acknowledgement before sending again. */
  readonly timeoutMs: number;
  /** What to acknowledge; empty when the client asked for nothing that is known, then the first data block answers. */
  readonly accepted: TftpOptions;
}

export interface TransferLimits {
  /** Largest block; 1468 fits an Ethernet frame without fragments. */
  readonly blockSize: number;
  readonly windowSize: number;
  readonly timeoutMs: number;
}

/**
 * Agrees on options (RFC 2347): known and sensible ones are accepted, as asked or smaller, the others passed over in silence.
 * @param size bytes of the file, for `tsize`; undefined when it is not known
 */
export function negotiate(asked: TftpOptions, size: number | undefined, limits: TransferLimits): TransferTerms {
  const accepted = new Map<string, string>();
  let terms = { blockSize: 512, windowSize: 1, timeoutMs: limits.timeoutMs };
  for (const [name, text] of asked) {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : undefined;
    if (value === undefined) continue;
    switch (name) {
      case 'blksize': // RFC 2348
        if (value < 8 || value > 65_464) break;
        terms = { ...terms, blockSize: Math.min(value, limits.blockSize) };
        accepted.set(name, String(terms.blockSize));
        break;
      case 'timeout': // RFC 2349, seconds; cannot be changed, only taken or left
        if (value < 1 || value > 255) break;
        terms = { ...terms, timeoutMs: Math.min(value * 1000, 10_000) };
        accepted.set(name, String(value));
        break;
      case 'tsize': // RFC 2349
        if (size !== undefined) accepted.set(name, String(size));
        break;
      case 'windowsize': // RFC 7440
        if (value < 1 || value > 65_535) break;
        terms = { ...terms, windowSize: Math.min(value, limits.windowSize) };
        accepted.set(name, String(terms.windowSize));
        break;
      default:
    }
  }
  return { ...terms, accepted };
}
