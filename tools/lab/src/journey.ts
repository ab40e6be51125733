import type { AddressGiver } from './addresses.ts';
import type { LabHost } from './host.ts';
import type { Lab } from './lab.ts';

/** One way through the life of a machine, from nothing to nothing. */
export interface Journey {
  /** A sentence of the specification. */
  readonly name: string;
  /** Part of `--quick`. */
  readonly quick: boolean;
  /** Who gives addresses on the network meanwhile. */
  readonly addresses: AddressGiver;
  readonly run: (traveller: Traveller) => Promise<void>;
}

export interface Traveller {
  readonly lab: Lab;
  readonly host: LabHost;
  readonly signal: AbortSignal;
  /** Notes a time for the report. */
  readonly figure: (name: string, ms: number) => void;
}

/** Something that should hold and does not. */
export class Unmet extends Error {
  override readonly name = 'Unmet';
}

/** @throws Unmet with the sentence when the condition does not hold */
export function expect(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Unmet(`not so: ${sentence}`);
}
