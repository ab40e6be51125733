/** On a Metal3Cluster: prefixes of labels that go from its hosts to their Nodes, separated by commas. */
export const labelSyncAnnotation = 'metal3.io/metal3-label-sync-prefixes';

/** RFC 1123 subdomain, as the part of a label's key before the slash has to be. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const longestPrefix = 253;

export type SyncedPrefixes =
  | { readonly kind: 'none' }
  | { readonly kind: 'prefixes'; readonly prefixes: ReadonlySet<string> }
  | { readonly kind: 'invalid'; readonly reason: string };

export function syncedPrefixes(annotation: string | undefined): SyncedPrefixes {
  const prefixes = (annotation ?? '')
    .split(',')
    .map((prefix) => prefix.trim())
    .filter((prefix) => prefix !== '');
  if (prefixes.length === 0) return { kind: 'none' };
  const wrong = prefixes.find((prefix) => prefix.length > longestPrefix || !subdomain.test(prefix));
  if (wrong === undefined) return { kind: 'prefixes', prefixes: new Set(prefixes) };
  const remedy = 'write DNS names such as metal3.io, separated by commas';
  return {
    kind: 'invalid',
    reason: `${labelSyncAnnotation}: ${JSON.stringify(wrong)} is no prefix of labels: ${remedy}`,
  };
}

type Labels = Readonly<Record<string, string>>;

/**
 * What a Node's labels lack of its host's: a label with one of the prefixes is on the Node as it is on the host, or not at all (null). The
 * prefix has to be the same, a subdomain of it is another one. Empty when nothing is to be changed.
 */
export function decideNodeLabels(
  host: Labels,
  node: Labels,
  prefixes: ReadonlySet<string>,
): Readonly<Record<string, string | null>> {
  const isSynced = (key: string): boolean => key.includes('/') && prefixes.has(key.slice(0, key.indexOf('/')));
  const wanted = Object.entries(host).filter(([key, value]) => isSynced(key) && node[key] !== value);
  const stale = Object.keys(node).filter((key) => isSynced(key) && host[key] === undefined);
  return Object.fromEntries<string | null>([...wanted, ...stale.map((key) => [key, null] as const)]);
}
