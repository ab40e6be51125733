import type { TransferTerms } from './negotiate.ts';

/** Which blocks to send next: `from` up to and without `to`, counted from 1 without wrapping. */
export type NextStep =
  | { readonly kind: 'send'; readonly from: number; readonly to: number }
  | { readonly kind: 'send-options' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'done' }
  | { readonly kind: 'give-up' };

/** The sending side of a transfer as a state machine without sockets, files or time. */
export interface Sender {
  /** Says how to begin. */
  start(): NextStep;
  /** An acknowledgement came in; `block` is the number on the wire, modulo 65536. */
  acked(block: number): NextStep;
  /** No acknowledgement came in time. */
  timedOut(): NextStep;
  readonly blocks: number;
}

/**
 * @param size bytes of the file; a file whose last block would be full ends with an empty one
 * @param patience how often in a row the same blocks are sent without an answer
 */
export function sender(size: number, terms: TransferTerms, patience = 5): Sender {
  const blocks = Math.floor(size / terms.blockSize) + 1;
  /** The last block known to have arrived; -1 while the options are not acknowledged. */
  let arrived = terms.accepted.size > 0 ? -1 : 0;
  /** The last block sent. */
  let sent = Math.max(0, arrived);
  let silence = 0;
  /** A window of which nothing arrived is sent again at once, but only the first time it is asked for. */
  let repeated = false;

  function window(): NextStep {
    const from = arrived + 1;
    const to = Math.min(blocks, arrived + terms.windowSize) + 1;
    sent = to - 1;
    return { kind: 'send', from, to };
  }

  return {
    blocks,
    start: () => (arrived < 0 ? { kind: 'send-options' } : window()),
    acked(block) {
      if (arrived < 0) {
        // Only ACK 0 answers the options.
        if (block !== 0) return { kind: 'wait' };
        arrived = 0;
        silence = 0;
        return window();
      }
      // How far this is ahead of what has arrived, on a circle of 65536 numbers.
      const ahead = (block - arrived) & 0xffff;
      // A repeated acknowledgement is not answered with data: both sides would then send everything twice, for ever (the sorcerer's
      // apprentice, RFC 1123 section 4.2.3.1). What is lost is sent again when time is up; with windows (RFC 7440) a repeated
      // acknowledgement reports a loss, so there it is answered once.
      if (ahead === 0) {
        if (terms.windowSize === 1 || repeated || sent === arrived) return { kind: 'wait' };
        repeated = true;
        return window();
      }
      if (ahead > sent - arrived) return { kind: 'wait' };
      arrived += ahead;
      silence = 0;
      repeated = false;
      return arrived >= blocks ? { kind: 'done' } : window();
    },
    timedOut() {
      silence++;
      if (silence >= patience) return { kind: 'give-up' };
      return arrived < 0 ? { kind: 'send-options' } : window();
    },
  };
}
