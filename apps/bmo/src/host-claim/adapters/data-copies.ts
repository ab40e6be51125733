import { formatKey, isKubeError, keyOf, mergePatchOf, unlessGone } from '@metal3/kube-client';
import { ownerReference, type CachedClient } from '@metal3/kube-controller';
import type { BareMetalHost, HostClaim } from '@metal3/metal3-api';
import { environmentLabel } from '../../host/annotations.ts';
import { secretKind, type Secret } from '../../host/adapters/secret.ts';
import type { DataCopies } from '../ports.ts';
import { copyName, dataKinds, failureOf, sourceOf, type DataKind, type DataOutcome } from '../synchronization/data.ts';

/** On copies: the claim that they were made for. */
const madeFor = 'metal3.io/hostclaim';

/**
 * Copies of Secrets as Secrets of the host: they go with it. Each is read from the server, since a Secret of somebody else's carries no label
 * of ours, and none is put on it.
 */
export function kubernetesDataCopies(client: CachedClient): DataCopies {
  async function copyOne(claim: HostClaim, host: BareMetalHost, kind: DataKind): Promise<DataOutcome> {
    const source = sourceOf(claim.spec, kind);
    if (source === undefined) return { kind: 'copied' };
    const { namespace = '' } = claim.metadata;
    if (source.namespace !== '' && source.namespace !== namespace) {
      return failureOf(
        kind,
        `Secret ${source.namespace}/${source.name} must be in the claim's namespace, ${namespace}`,
      );
    }
    const secret = await client.find(secretKind, { namespace, name: source.name });
    if (secret === undefined) return failureOf(kind, `Secret ${namespace}/${source.name} does not exist`);
    return put(copyOf(secret, claim, host, kind), kind);
  }

  async function put(wanted: Secret, kind: DataKind): Promise<DataOutcome> {
    const key = keyOf(wanted);
    const present = await client.find(secretKind, key);
    if (present === undefined) {
      await client.create(secretKind, wanted);
    } else if (present.metadata.annotations?.[madeFor] === undefined) {
      return failureOf(
        kind,
        `the host has a Secret ${formatKey(key)} already that is no copy: rename or delete that one`,
      );
    } else if (present.type !== wanted.type) {
      // The type of a Secret cannot be changed.
      await client.delete(secretKind, key, { preconditions: { uid: present.metadata.uid } });
      await client.create(secretKind, wanted);
    } else {
      const body = mergePatchOf(shapeOf(present), shapeOf(wanted));
      if (body !== undefined) await client.patch(secretKind, key, { type: 'merge', body });
    }
    return { kind: 'copied' };
  }

  return {
    async copy(claim, host) {
      for (const kind of dataKinds) {
        const outcome = await copyOne(claim, host, kind);
        if (outcome.kind === 'failed') return outcome;
      }
      return { kind: 'copied' };
    },
    async remove({ namespace, name }, kinds) {
      for (const kind of kinds) {
        const key = { namespace, name: copyName(name, kind) };
        const present = await client.find(secretKind, key);
        const { uid, annotations } = present?.metadata ?? {};
        if (present === undefined || annotations?.[madeFor] === undefined) continue;
        try {
          await unlessGone(client.delete(secretKind, key, { preconditions: { uid } }));
        } catch (error) {
          // Another one by now.
          if (!isKubeError(error, 'Conflict')) throw error;
        }
      }
    },
  };
}

function copyOf({ type, data }: Secret, claim: HostClaim, host: BareMetalHost, kind: DataKind): Secret {
  const { namespace, name = '' } = host.metadata;
  return {
    apiVersion: 'v1',
    kind: secretKind.kind,
    metadata: {
      ...(namespace === undefined ? {} : { namespace }),
      name: copyName(name, kind),
      labels: { [environmentLabel.key]: environmentLabel.value },
      annotations: { [madeFor]: formatKey(keyOf(claim)) },
      ownerReferences: [ownerReference(host)],
    },
    type: type ?? 'Opaque',
    ...(data === undefined ? {} : { data }),
  };
}

/** What of a copy is ours to say. */
function shapeOf({ metadata: { annotations }, data = {} }: Secret): object {
  return { metadata: { annotations: { [madeFor]: annotations?.[madeFor] } }, data };
}
