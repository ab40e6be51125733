import { setTimeout as delay } from 'node:timers/promises';
import {
  customResourceDefinition,
  formatKey,
  unlessGone,
  type CustomResourceDefinition,
  type Kind,
  type KubeClient,
  type KubeObject,
  type ObjectKey,
} from '@metal3/kube-client';

/** What a run puts into a cluster that is not its own, so that it can be taken back. */
export interface Footprint<Client extends KubeClient> {
  /** The same client; what is made through it belongs to the footprint, what was there before does not. */
  readonly client: Client;
  /** How many objects `takeBack` would delete. */
  readonly size: () => number;
  /**
   * Deletes what was made, the latest first, and resolves when all of it is gone. Hosts and what belongs to them are let go by the
   * services, so these must still run.
   * @throws Error naming what is still there when the time is up
   */
  readonly takeBack: (options: { readonly timeoutMs: number }) => Promise<void>;
  /**
   * For after the services have ended: deletes the Leases that they have left, the namespace if this run made it, and the definitions
   * of kinds that this run has installed. A kind of which there are objects stays: with it they would be deleted as well.
   * @returns what stays, in words
   */
  readonly clearAway: (options: { readonly timeoutMs: number }) => Promise<readonly string[]>;
}

interface Made {
  readonly kind: Kind;
  readonly key: ObjectKey;
}

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string };
}
const lease: Kind<Lease> = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
};
const namespaceKind = 'Namespace';
const lookAgainMs = 200;

export async function leaveFootprint<Client extends KubeClient>(
  client: Client,
  namespace: string,
): Promise<Footprint<Client>> {
  const made: Made[] = [];
  const leasesBefore = new Set((await client.list(lease, { namespace })).items.map(({ metadata }) => metadata.name));
  const watched: Client = {
    ...client,
    async create(kind, object, options) {
      const answer = await client.create(kind, object, options);
      made.push({ kind, key: { namespace: answer.metadata.namespace, name: answer.metadata.name ?? '' } });
      return answer;
    },
    async patch(kind, key, patch, options) {
      const isNew = patch.type === 'apply' && (await client.find(kind, key)) === undefined;
      const answer = await client.patch(kind, key, patch, options);
      if (isNew) made.push({ kind, key });
      return answer;
    },
  };

  const isDefinition = ({ kind }: Made) => kind.kind === customResourceDefinition.kind;
  const isNamespace = ({ kind }: Made) => kind.kind === namespaceKind;

  /** @returns what is still there when the time is up */
  const takeAway = async (things: readonly Made[], timeoutMs: number): Promise<readonly string[]> => {
    const until = Date.now() + timeoutMs;
    for (const { kind, key } of things) await unlessGone(client.delete(kind, key, { propagationPolicy: 'Background' }));
    let left = things;
    for (;;) {
      const seen = await Promise.all(left.map(({ kind, key }) => client.find(kind, key)));
      left = left.filter((_, index) => seen[index] !== undefined);
      if (left.length === 0 || Date.now() > until) return left.map(({ kind, key }) => `${kind.kind} ${formatKey(key)}`);
      await delay(lookAgainMs);
    }
  };
  const objects = () => made.filter((each) => !isDefinition(each) && !isNamespace(each));

  return {
    client: watched,
    size: () => objects().length,
    async takeBack({ timeoutMs }) {
      const left = await takeAway(objects().reverse(), timeoutMs);
      if (left.length > 0) throw new Error(`still being deleted in your cluster: ${left.join(', ')}`);
    },
    async clearAway({ timeoutMs }) {
      for (const { metadata, spec } of (await client.list(lease, { namespace })).items) {
        // A Lease that is given up names no holder.
        const ours = !leasesBefore.has(metadata.name) && !spec?.holderIdentity;
        if (ours) await unlessGone(client.delete(lease, { namespace, name: metadata.name ?? '' }));
      }
      const stay = [...(await takeAway(made.filter(isNamespace), timeoutMs))];
      const unused: Made[] = [];
      for (const each of made.filter(isDefinition)) {
        const definition = await client.find(customResourceDefinition, each.key);
        if (definition === undefined) continue;
        if (await isInUse(client, definition)) stay.push(`CustomResourceDefinition ${each.key.name}, which is in use`);
        else unused.push(each);
      }
      return [...stay, ...(await takeAway(unused, timeoutMs))];
    },
  };
}

async function isInUse(client: KubeClient, { spec }: CustomResourceDefinition): Promise<boolean> {
  const version = spec.versions.find(({ served }) => served)?.name ?? '';
  const kind = { group: spec.group, version, kind: spec.names.kind, plural: spec.names.plural, namespaced: true };
  const found = await unlessGone(client.list(kind, { limit: 1 }));
  return (found?.items.length ?? 0) > 0;
}
