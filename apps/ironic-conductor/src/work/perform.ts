import type { Node } from '@metal3/node';
import type { Machine } from '../interfaces/machine.ts';
import type { Change, Seen } from './decision.ts';
import type { Effect, EffectKind } from './effects.ts';
import type { Journal } from './journal.ts';

/** What carrying out an effect led to; folded into the notes by the engine. */
export interface Outcome {
  readonly journal: Journal;
  readonly change?: Change;
}

/** What a performer has at hand besides its own ports. */
export interface Hand {
  readonly seen: Seen;
  readonly machine: Machine;
  /** An earlier try may have reached the machine: observe before acting. */
  readonly resumed: boolean;
  /** Aborts with the lease. */
  readonly signal: AbortSignal;
  /** True as long as the lease is certain; asked once more in the instant before a command goes out. */
  readonly mayStart: () => boolean;
}

export type Performer<Kind extends EffectKind> = (
  effect: Extract<Effect, { readonly kind: Kind }>,
  hand: Hand,
) => Promise<Outcome>;

/** One performer for each effect. Errors are classified by the engine. */
export type Performers = { readonly [Kind in EffectKind]: Performer<Kind> };

/** @throws whatever the performer throws */
export function perform(performers: Performers, effect: Effect, hand: Hand): Promise<Outcome> {
  // The map's type ties each performer to its effect; the compiler cannot follow that through the lookup.
  const performer = performers[effect.kind] as (effect: Effect, hand: Hand) => Promise<Outcome>;
  return performer(effect, hand);
}

/**
 * The machine of a node, by its driver. `mayStart` is asked in the instant before each request to it; false keeps the request from being sent.
 *
 * @throws InvalidDriverInfo
 */
export type MachineOf = (node: Node, mayStart?: () => boolean) => Machine;
