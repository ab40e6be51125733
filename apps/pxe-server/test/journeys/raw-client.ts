import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Machine } from '@metal3/testing';

const program = resolve(import.meta.dirname, 'fixtures/send-datagrams.ts');

/** A datagram to send; `host` may be a broadcast address. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly host: string;
  readonly port: number;
}

/** An answer, and where it came from. */
export interface Answer {
  readonly bytes: Buffer;
  readonly host: string;
  readonly port: number;
}

/**
 * Sends datagrams from one port of a machine, one after the other, and collects what comes in for each until `waitMs` pass without a
 * further answer.
 */
export async function exchange(
  machine: Machine,
  { from, address, waitMs = 5_000 }: { readonly from: number; readonly address?: string; readonly waitMs?: number },
  datagrams: readonly Datagram[],
): Promise<readonly (readonly Answer[])[]> {
  const input = JSON.stringify({
    from,
    address: address ?? '0.0.0.0',
    waitMs,
    datagrams: datagrams.map(({ bytes, host, port }) => ({ bytes: Buffer.from(bytes).toString('hex'), host, port })),
  });
  const child = machine.start(process.execPath, '--disable-warning=ExperimentalWarning', program, input);
  let output = '';
  child.stdout?.on('data', (text: Buffer) => (output += text.toString()));
  child.stderr?.pipe(process.stderr);
  await once(child, 'close');
  const answers = JSON.parse(output) as { bytes: string; host: string; port: number }[][];
  return answers.map((all) => all.map(({ bytes, host, port }) => ({ bytes: Buffer.from(bytes, 'hex'), host, port })));
}
