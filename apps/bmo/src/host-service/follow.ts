import { formatKey } from '@metal3/kube-client';
import type { Cache } from '@metal3/kube-controller';
import type { BareMetalHost } from '@metal3/metal3-api';

export type HostNews =
  { readonly kind: 'snapshot' | 'changed' | 'deleted'; readonly host: BareMetalHost } | { readonly kind: 'synced' };

/** All hosts, then every change; changes of one host that nobody has read yet are told as one. */
export async function* followHosts(
  hosts: Cache<BareMetalHost>,
  namespace: string,
  signal: AbortSignal,
): AsyncGenerator<HostNews> {
  await hosts.whenSynced(signal);
  const waiting = new Map<string, HostNews>();
  let wake: () => void = () => {};
  const stop = hosts.onChange(({ key, before, after }) => {
    const host = after ?? before;
    if (host === undefined || (namespace !== '' && key.namespace !== namespace)) return;
    waiting.set(formatKey(key), { kind: after === undefined ? 'deleted' : 'changed', host });
    wake();
  });
  const aborted = () => wake();
  signal.addEventListener('abort', aborted, { once: true });
  try {
    for (const host of hosts.list(namespace === '' ? {} : { namespace })) yield { kind: 'snapshot', host };
    yield { kind: 'synced' };
    while (!signal.aborted) {
      const batch = [...waiting.values()];
      waiting.clear();
      yield* batch;
      if (waiting.size === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stop();
    signal.removeEventListener('abort', aborted);
  }
}
