import { keyOf, mergePatchOf } from '@metal3/kube-client';
import {
  ownerReference,
  patchSession,
  saveStatus,
  setOwnerReference,
  type Cache,
  type CachedClient,
} from '@metal3/kube-controller';
import { bareMetalSwitch, type BareMetalSwitch } from '@metal3/metal3-api';
import { environmentLabel } from '../../host/annotations.ts';
import { secretKind, secretValues, type Secret } from '../../host/adapters/secret.ts';
import type { SwitchStore } from '../ports.ts';

export interface SwitchCaches {
  readonly switches: Cache<BareMetalSwitch>;
  /** Secrets that carry our label. */
  readonly secrets: Cache<Secret>;
}

export function kubernetesSwitchStore(client: CachedClient, { switches, secrets }: SwitchCaches): SwitchStore {
  const find = async (namespace: string | undefined, name: string): Promise<Secret | undefined> =>
    secrets.find({ namespace, name }) ?? client.find(secretKind, { namespace, name });

  return {
    switchesOf: (namespace) =>
      switches.list({ namespace, where: ({ metadata }) => metadata.deletionTimestamp === undefined }),
    async findCredentials(of) {
      const { name = '', namespace = '' } = of.spec.credentials ?? {};
      const isForeign = namespace !== '' && namespace !== of.metadata.namespace;
      const secret = name === '' || isForeign ? undefined : await find(of.metadata.namespace, name);
      if (secret === undefined) return 'missing';
      const session = patchSession(client, secretKind, secret, {
        owned: ['metadata.labels', 'metadata.ownerReferences'],
      });
      mark(session.draft);
      setOwnerReference(session.draft, ownerReference(of));
      return secretValues(session.changed ? await session.save() : secret).data;
    },
    async fill(namespace, name, content) {
      const secret = await find(namespace, name);
      if (secret === undefined) return false;
      const wanted = structuredClone(secret);
      mark(wanted);
      wanted.data = Object.fromEntries(
        Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]),
      );
      const body = mergePatchOf({ ...secret, data: secret.data ?? {} }, wanted);
      if (body !== undefined) await client.patch(secretKind, keyOf(secret), { type: 'merge', body });
      return true;
    },
    saveStatus: (of, status) => saveStatus(client, bareMetalSwitch, of, status),
  };
}

function mark({ metadata }: Secret): void {
  if (metadata.labels?.[environmentLabel.key] !== undefined) return;
  metadata.labels = { ...metadata.labels, [environmentLabel.key]: environmentLabel.value };
}
