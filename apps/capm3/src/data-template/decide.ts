import type { Metal3Data, Metal3DataClaim, Metal3DataTemplate } from '@metal3/metal3-api';

export interface TemplateObservation {
  readonly template: Metal3DataTemplate;
  /** Claims of this template. */
  readonly claims: readonly Metal3DataClaim[];
  /** Data of this template, those being deleted included: their indexes are not free yet. */
  readonly data: readonly Metal3Data[];
  /** Whether a name is in use by data of another template. */
  readonly isTaken: (name: string) => boolean;
  /** Whether the Cluster that a claim belongs to is paused. */
  readonly isPaused: (claim: Metal3DataClaim) => boolean;
}

export type TemplateStep =
  | { readonly kind: 'create'; readonly claim: Metal3DataClaim; readonly name: string; readonly index: number }
  | { readonly kind: 'record'; readonly claim: Metal3DataClaim; readonly name: string }
  /** `data` undefined: there is none (any more). */
  | { readonly kind: 'release'; readonly claim: Metal3DataClaim; readonly data: Metal3Data | undefined };

export interface TemplateDecision {
  readonly steps: readonly TemplateStep[];
  /** Nothing depends on the template any more. */
  readonly unused: boolean;
}

/** Gives each claim the smallest free index, and takes the data of those that go. */
export function decideTemplate({ template, claims, data, isTaken, isPaused }: TemplateObservation): TemplateDecision {
  const used = new Set(data.flatMap(({ spec }) => (spec.index === undefined ? [] : [spec.index])));
  const nameOf = (index: number): string => `${template.metadata.name}-${index}`;
  const free = (): number => {
    let index = 0;
    while (used.has(index) || isTaken(nameOf(index))) index += 1;
    used.add(index);
    return index;
  };
  const steps = claims.flatMap((claim): TemplateStep[] => {
    const { name: claimName, deletionTimestamp } = claim.metadata;
    const own = data.find(({ spec }) => spec.claim?.name === claimName);
    if (deletionTimestamp !== undefined) return [{ kind: 'release', claim, data: own }];
    if (isPaused(claim)) return [];
    if (own !== undefined && own.metadata.deletionTimestamp === undefined) {
      const name = own.metadata.name ?? '';
      return claim.status?.renderedData?.name === name ? [] : [{ kind: 'record', claim, name }];
    }
    // The data of a claim of the same name that has just been deleted; it goes by itself.
    if (own !== undefined) return [];
    const index = free();
    return [{ kind: 'create', claim, name: nameOf(index), index }];
  });
  return { steps, unused: claims.length === 0 && data.length === 0 };
}

/** The most indexes that the schema lets a template show. */
const mostShown = 512;

/** `status.indexes`: which claim has which index. undefined when there is none, since the schema wants no empty list. */
export function shownIndexes(
  data: readonly Metal3Data[],
): { readonly index: number; readonly name: string }[] | undefined {
  const entries = data.flatMap(({ spec: { index, claim } }) =>
    index === undefined || claim?.name === undefined ? [] : [{ index, name: claim.name }],
  );
  if (entries.length === 0) return undefined;
  return entries.toSorted((left, right) => left.index - right.index).slice(0, mostShown);
}
