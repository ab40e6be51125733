import type { Conductor } from '@metal3/node-store';
import { catalogueOf, type Catalogue } from './catalogue.ts';

/** The catalogue of the live conductors, at most `maxAgeMs` old; one that offers nothing is never believed without asking again. */
export interface ConductorDirectory {
  /** Asks the store when the last answer is too old. */
  current(): Promise<Catalogue>;
  /** The last answer, for rendering. */
  last(): Catalogue;
}

export function conductorDirectory(options: {
  readonly list: () => Promise<readonly Conductor[]>;
  readonly now: () => number;
  readonly maxAgeMs: number;
}): ConductorDirectory {
  let catalogue = catalogueOf([]);
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Catalogue> | undefined;

  const read = async (): Promise<Catalogue> => {
    try {
      const conductors = await options.list();
      // An unchanged answer keeps its catalogue, which holds prepared lookups.
      if (!sameConductors(conductors, catalogue.conductors)) catalogue = catalogueOf(conductors);
      readAt = options.now();
      return catalogue;
    } finally {
      reading = undefined;
    }
  };
  return {
    current() {
      if (catalogue.drivers.size > 0 && options.now() - readAt < options.maxAgeMs) return Promise.resolve(catalogue);
      reading ??= read();
      return reading;
    },
    last: () => catalogue,
  };
}

function sameConductors(left: readonly Conductor[], right: readonly Conductor[]): boolean {
  return left.length === right.length && JSON.stringify(left) === JSON.stringify(right);
}
