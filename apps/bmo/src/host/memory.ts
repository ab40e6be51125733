import type { BareMetalHost } from '@metal3/metal3-api';
import type { MediaRequest } from './data-image/decide.ts';
import type { Instant, Seconds } from '../kernel.ts';

/** What this process remembers of a host between passes. All of it may be lost: it saves work and spreads retries. */
export interface HostMemory {
  /** The pause after a failure, and what the host looked like then. */
  readonly pause?: { readonly until: Instant; readonly fingerprint: string } | undefined;
  /** Node and MAC addresses whose ports have been seen to. */
  readonly ports?: string | undefined;
  readonly powerAsked?: { readonly node: string; readonly to: 'on' | 'off' } | undefined;
  readonly mediaAsked?: MediaRequest | undefined;
  /** BIOS settings that were applied last, as `biosFingerprint` writes them. */
  readonly biosApplied?: string | undefined;
  /** Keys of reboot annotations that a host which is never powered off has been rebooted for, and that are still there. */
  readonly rebootsServed?: readonly string[] | undefined;
}

/**
 * Whatever may end a failure from outside. Changes of the node do not: they come with every attempt.
 *
 * @param surroundings versions of what it needs besides, as `HostStore.surroundingsOf` has them
 */
export function fingerprintOf({ metadata }: BareMetalHost, surroundings: string): string {
  return JSON.stringify([
    metadata.generation ?? 0,
    metadata.annotations ?? {},
    metadata.deletionTimestamp ?? '',
    surroundings,
  ]);
}

const longest = 9;

/**
 * The pause after the n-th failure in a row: between half of and the whole of 2^n units, spread so that hosts which failed
 * together do not come back together.
 *
 * @param unit seconds; a minute in production
 * @param random in [0, 1)
 */
export function backOff(failures: number, unit: Seconds, random: number): Seconds {
  const whole = 2 ** Math.min(failures, longest) * unit;
  return whole - random * (whole / 2);
}
