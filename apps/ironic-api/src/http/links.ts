/** A link pair as every resource carries it; the bookmark leaves out the version. */
export interface Link {
  readonly href: string;
  readonly rel: string;
}

export const linkPair = (base: string, path: string): readonly Link[] => [
  { href: `${base}/v1/${path}`, rel: 'self' },
  { href: `${base}/${path}`, rel: 'bookmark' },
];

/** The same as JSON text, for the serializers that build whole representations as strings. `path` must need no escaping in JSON. */
export const linkPairText = (base: string, path: string): string =>
  `[{"href":"${base}/v1/${path}","rel":"self"},{"href":"${base}/${path}","rel":"bookmark"}]`;

/**
 * The address of the following page. Filters are kept, so that the second page answers the same question as the first.
 */
export function nextLink(
  base: string,
  resource: string,
  query: ReadonlyArray<readonly [string, string]>,
  marker: string,
): string {
  const text = [...query, ['marker', marker] as const]
    .map(([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%3A', ':')}`)
    .join('&');
  return `${base}/v1/${resource}?${text}`;
}
