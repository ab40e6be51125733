import {
  type Clock,
  customResourceDefinition,
  isKubeError,
  type Kind,
  type KubeClient,
  type Log,
} from '@metal3/kube-client';
import type { Controller } from '@metal3/kube-controller';
import { versionToStore } from './decide.ts';

export interface StorageMigrationOptions {
  readonly client: KubeClient;
  readonly kinds: readonly Kind[];
  readonly clock: Clock;
  readonly log: Log;
}

const pageSize = 500;
const retryAfterMs = 60_000;

/**
 * Has the API server store every object in its kind's storage version, and takes the others out of the CRD's status.storedVersions:
 * an old version may leave a CRD only once it is not named there. Done once each time that a replica begins to lead; what fails is
 * tried again, since the webhooks that look at each write may come up later.
 */
export function storageMigration({ client, kinds, clock, log }: StorageMigrationOptions): Controller {
  return {
    name: 'storage-migration',
    async run(signal) {
      let left = kinds;
      while (left.length > 0 && !signal.aborted) {
        const failed: Kind[] = [];
        for (const kind of left) {
          const name = `${kind.plural}.${kind.group}`;
          try {
            const written = await migrate(client, kind, signal);
            if (written !== undefined)
              log.info({ crd: name, objects: written }, 'objects are stored in the new version');
          } catch (err) {
            if (signal.aborted) return;
            log.info({ crd: name, err }, 'objects could not all be stored in the new version yet');
            failed.push(kind);
          }
        }
        left = failed;
        if (left.length > 0) await clock.sleep(retryAfterMs, signal).catch(() => undefined);
      }
    },
  };
}

/** How many objects it wrote; undefined where there was nothing to do. */
async function migrate(client: KubeClient, kind: Kind, signal: AbortSignal): Promise<number | undefined> {
  const name = `${kind.plural}.${kind.group}`;
  const crd = await client.find(customResourceDefinition, { name }, { signal });
  const version = crd && versionToStore(crd);
  if (version === undefined) return undefined;
  let written = 0;
  let next: string | undefined;
  do {
    const page = await client.list(kind, { limit: pageSize, continue: next, signal });
    for (const { metadata } of page.items) {
      const key = { namespace: metadata.namespace, name: metadata.name ?? '' };
      if (await rewrite(client, kind, key, signal)) written += 1;
    }
    next = page.continue;
  } while (next !== undefined && next !== '');
  // Compared: a version that was stored meanwhile is not to be forgotten.
  const { resourceVersion } = crd?.metadata ?? {};
  const body = { metadata: { resourceVersion }, status: { storedVersions: [version] } };
  await client.patchStatus(customResourceDefinition, { name }, { type: 'merge', body }, { signal });
  return written;
}

/** A change of nothing is written only where it changes how the object is stored. False when the object is gone. */
async function rewrite(
  client: KubeClient,
  kind: Kind,
  key: { readonly namespace: string | undefined; readonly name: string },
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await client.patch(kind, key, { type: 'merge', body: {} }, { signal });
    return true;
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return false;
    throw error;
  }
}
