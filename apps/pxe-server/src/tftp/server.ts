import type { Clock, Logger } from '@metal3/service';
import {
  ackedBlock,
  dataPacket,
  formatTftp,
  negotiate,
  parseTftp,
  sender,
  tftpError,
  toNetascii,
  type NextStep,
  type TftpPacket,
} from '@metal3/tftp';
import type { OpenDatagrams, PeerDatagrams, TftpFiles } from './ports.ts';

/** How a request ended; a label of metrics. */
export type TftpOutcome = 'sent' | 'absent' | 'refused' | 'given-up' | 'stopped-by-client' | 'busy' | 'malformed';

export interface TftpServerOptions {
  readonly files: TftpFiles;
  readonly datagrams: OpenDatagrams;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: {
    readonly blockSize: number;
    readonly windowSize: number;
    readonly timeoutMs: number;
    readonly sessions: number;
    readonly sessionsPerClient: number;
  };
  readonly onEnd?: (outcome: TftpOutcome, facts: { readonly bytes: number; readonly ms: number }) => void;
}

export interface TftpServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Transfers under way. */
  readonly sessions: number;
  close(): void;
}

/** How often a block is sent in all before the client counts as gone. */
const patience = 6;
const longestWaitMs = 10_000;

/**
 * Serves files for reading. Each transfer has a socket of its own (RFC 1350: a new port for each), so that packets of strangers
 * never reach another's transfer.
 */
export async function tftpServer(
  at: { readonly host: string; readonly port: number },
  options: TftpServerOptions,
): Promise<TftpServer> {
  const { files, datagrams, clock, log, limits, onEnd = () => {} } = options;
  const sessions = new Map<string, () => void>();
  const byClient = new Map<string, number>();
  const main = await datagrams.open(at, (bytes, port, host) => {
    const request = readRequest(bytes);
    if (request === undefined) return onEnd('malformed', { bytes: 0, ms: 0 });
    if (request.kind !== 'read')
      return refuse(port, host, tftpError.accessViolation, 'files can only be read', 'refused');
    if (request.mode !== 'octet' && request.mode !== 'netascii')
      return refuse(port, host, tftpError.illegalOperation, 'only the modes octet and netascii are served', 'refused');
    const key = `${host} ${port}`;
    // The client did not wait for the answer to its first request; that one is under way.
    if (sessions.has(key)) return;
    if (sessions.size >= limits.sessions || (byClient.get(host) ?? 0) >= limits.sessionsPerClient)
      return refuse(port, host, tftpError.undefined, 'too many transfers, try again', 'busy');
    sessions.set(key, () => {});
    byClient.set(host, (byClient.get(host) ?? 0) + 1);
    serve(request, port, host, key)
      .catch((error: unknown) => log.error({ error, client: host }, 'tftp transfer failed'))
      .finally(() => {
        sessions.delete(key);
        const left = (byClient.get(host) ?? 1) - 1;
        if (left > 0) byClient.set(host, left);
        else byClient.delete(host);
      });
  });

  function refuse(port: number, host: string, code: number, message: string, outcome: TftpOutcome): void {
    main.send(formatTftp({ kind: 'error', code, message }), port, host);
    onEnd(outcome, { bytes: 0, ms: 0 });
  }

  async function serve(request: Request, port: number, host: string, key: string): Promise<void> {
    const began = clock.monotonic();
    const found = await files.find(request.file);
    const facts = { client: host, file: request.file.slice(0, 120) };
    if (found === undefined) {
      refuse(port, host, tftpError.fileNotFound, 'no such file', 'absent');
      log.info(facts, 'tftp: no such file');
      return;
    }
    const bytes = request.mode === 'netascii' ? toNetascii(found.bytes) : found.bytes;
    const outcome = await transfer(bytes, request, port, host, key);
    const ms = Math.round(clock.monotonic() - began);
    onEnd(outcome, { bytes: outcome === 'sent' ? bytes.length : 0, ms });
    log.info({ ...facts, bytes: bytes.length, ms, outcome }, `tftp: ${outcome}`);
  }

  function transfer(
    bytes: Uint8Array,
    request: Request,
    port: number,
    host: string,
    key: string,
  ): Promise<TftpOutcome> {
    return new Promise((resolve, reject) => {
      const terms = negotiate(request.options, bytes.length, limits);
      const steps = sender(bytes.length, terms, patience);
      let socket: PeerDatagrams | undefined;
      let over = false;
      let cancel = () => {};
      let wait = terms.timeoutMs;
      let lastSent = clock.monotonic();
      const end = (outcome: TftpOutcome) => {
        over = true;
        cancel();
        socket?.close();
        resolve(outcome);
      };
      sessions.set(key, () => end('given-up'));

      const send = (packet: Uint8Array) => socket?.send(packet);
      const received = (packet: Uint8Array) => {
        if (over) return;
        const block = ackedBlock(packet);
        if (block !== undefined) {
          wait = terms.timeoutMs;
          take(steps.acked(block));
        } else if (readError(packet)) end('stopped-by-client');
      };
      const take = (step: NextStep): void => {
        switch (step.kind) {
          case 'wait':
            return;
          case 'done':
            return end('sent');
          case 'give-up':
            send(formatTftp({ kind: 'error', code: tftpError.undefined, message: 'no answer' }));
            return end('given-up');
          case 'send-options':
            send(formatTftp({ kind: 'option-ack', options: terms.accepted }));
            break;
          case 'send':
            for (let block = step.from; block < step.to; block++) {
              const from = (block - 1) * terms.blockSize;
              send(dataPacket(block, bytes.subarray(from, from + terms.blockSize)));
            }
        }
        lastSent = clock.monotonic();
      };
      /** One timer looks whether time is up; setting one for every block would cost more than sending it. */
      const watch = (ms: number) => {
        cancel = clock.after(ms, () => {
          const left = lastSent + wait - clock.monotonic();
          if (left > 0) return watch(Math.ceil(left));
          wait = Math.min(wait * 2, longestWaitMs);
          take(steps.timedOut());
          if (!over) watch(wait);
        });
      };
      // From the address that was asked, as far as that is known: clients drop answers from elsewhere.
      datagrams.openTo(at.host, { host, port }, received).then((opened) => {
        socket = opened;
        if (over) return opened.close();
        take(steps.start());
        if (!over) watch(wait);
      }, reject);
    });
  }

  return {
    address: main.address,
    get sessions() {
      return sessions.size;
    },
    close() {
      main.close();
      for (const stop of [...sessions.values()]) stop();
    },
  };
}

type Request = Extract<TftpPacket, { readonly kind: 'read' | 'write' }>;

function readRequest(bytes: Uint8Array): Request | undefined {
  try {
    const packet = parseTftp(bytes);
    return packet.kind === 'read' || packet.kind === 'write' ? packet : undefined;
  } catch {
    return undefined;
  }
}

function readError(bytes: Uint8Array): boolean {
  try {
    return parseTftp(bytes).kind === 'error';
  } catch {
    return false;
  }
}
