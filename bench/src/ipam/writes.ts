/** Writes as the API server counts them. */
export interface WriteCounts {
  readonly accepted: number;
  readonly refused: number;
  /** `verb resource[/subresource]` to count, refused ones with their status. */
  readonly byCall: Readonly<Record<string, number>>;
}

const sample = /^apiserver_request_total\{(.*)\} (\S+)$/;
const label = /(\w+)="([^"]*)"/g;
const writing = new Set(['POST', 'PUT', 'PATCH', 'APPLY', 'DELETE', 'DELETECOLLECTION']);
const groups = new Set(['ipam.metal3.io', 'ipam.cluster.x-k8s.io', 'events.k8s.io']);

/**
 * Counts the service's writes, Events included, in the API server's own metrics, which cost it nothing while it serves. They do not say
 * whose a write is; but claims are only ever created by those who want an address, and everything else by the service.
 */
export function writesByCall(metrics: string): WriteCounts {
  const byCall: Record<string, number> = {};
  let accepted = 0;
  let refused = 0;
  for (const line of metrics.split('\n')) {
    const [, labels = '', value = ''] = sample.exec(line) ?? [];
    const read = Object.fromEntries([...labels.matchAll(label)].map(([, name, text]) => [name ?? '', text ?? '']));
    const { verb = '', code = '', group = '', resource = '', subresource = '', dry_run: dryRun = '' } = read;
    if (!writing.has(verb) || dryRun !== '' || !(groups.has(group) || resource === 'events')) continue;
    const what = `${verb} ${[resource, subresource].filter(Boolean).join('/')}`;
    if (what === 'POST ipclaims') continue;
    const count = Number(value);
    const isRefused = Number(code) >= 400;
    if (isRefused) refused += count;
    else accepted += count;
    const call = `${what}${isRefused ? `, refused with ${code}` : ''}`;
    byCall[call] = (byCall[call] ?? 0) + count;
  }
  return { accepted, refused, byCall };
}

/** What was written between two counts. */
export function writesBetween(before: WriteCounts, after: WriteCounts): WriteCounts {
  const calls = Object.entries(after.byCall).map(
    ([call, count]) => [call, count - (before.byCall[call] ?? 0)] as const,
  );
  return {
    accepted: after.accepted - before.accepted,
    refused: after.refused - before.refused,
    byCall: Object.fromEntries(calls.filter(([, count]) => count > 0)),
  };
}
