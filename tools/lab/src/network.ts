import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The network between machines and services, in a namespace of its own: nothing leads out of it. */
export interface LabNetwork {
  /** Where services and BMCs listen. */
  readonly address: string;
  readonly prefix: number;
  readonly bridge: string;
  /** Devices for the machines' network cards. */
  readonly taps: readonly string[];
  /** Pulls a cable, or plugs it in again. */
  readonly cable: (tap: string, state: 'up' | 'down') => Promise<void>;
}

/**
 * Makes a bridge with taps. It is not removed here: it goes with the network namespace, and that with its last process, however
 * that process ends.
 */
export async function buildNetwork(cards: number): Promise<LabNetwork> {
  const bridge = 'provisioning';
  const address = '172.22.0.1';
  const prefix = 24;
  await ip('link', 'set', 'lo', 'up');
  // A bridge that listens before it forwards makes the firmware's first requests go nowhere.
  await ip('link', 'add', bridge, 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0');
  await ip('addr', 'add', `${address}/${prefix}`, 'dev', bridge);
  await ip('link', 'set', bridge, 'up');
  const taps = Array.from({ length: cards }, (_, index) => `card${index}`);
  for (const tap of taps) {
    await ip('tuntap', 'add', 'dev', tap, 'mode', 'tap');
    await ip('link', 'set', tap, 'master', bridge);
    await ip('link', 'set', tap, 'up');
  }
  return { address, prefix, bridge, taps, cable: (tap, state) => ip('link', 'set', tap, state) };
}

/** @throws Error with what ip said */
export async function ip(...words: readonly string[]): Promise<void> {
  await run('ip', words).catch((error: Error & { stderr?: string }) => {
    throw new Error(`ip ${words.join(' ')}: ${error.stderr?.trim() ?? error.message}`);
  });
}
