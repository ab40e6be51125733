import { formatKey, keyOf, mergePatchOf, unlessGone, type ObjectKey } from '@metal3/kube-client';
import {
  addFinalizer,
  cacheAcross,
  hasFinalizer,
  ownerReference,
  patchSession,
  removeFinalizer,
  removeOwnerReference,
  setOwnerReference,
  type Cache,
  type CachedClient,
  type EventRecorder,
} from '@metal3/kube-controller';
import {
  bareMetalHost,
  hardwareData,
  hostFirmwareComponents,
  hostFirmwareSettings,
  type BareMetalHost,
  type HardwareData,
  type HostFirmwareComponents,
  type HostFirmwareSettings,
} from '@metal3/metal3-api';
import { sameJson } from '../../kernel.ts';
import { environmentLabel, finalizers } from '../annotations.ts';
import type { HostStore } from '../ports.ts';
import { secretKind, secretValues, type Secret } from './secret.ts';

export interface HostCaches {
  readonly hosts: Cache<BareMetalHost>;
  readonly hardware: Cache<HardwareData>;
  /** Firmware settings and components of hosts; the kinds may be installed later. */
  readonly settings: Cache<HostFirmwareSettings>;
  readonly components: Cache<HostFirmwareComponents>;
  /** Secrets that carry our label. */
  readonly secrets: Cache<Secret>;
}

/** The caches that the controller of hosts reads; make them once. @param namespaces empty for all */
export function hostCaches(client: CachedClient, namespaces: readonly string[]): HostCaches {
  return {
    hosts: cacheAcross(client, namespaces, bareMetalHost, {
      indexes: {
        node: ({ status }) => [status?.provisioning.ID ?? ''],
        bmc: ({ spec }) => [spec.bmc?.address ?? ''],
      },
    }),
    hardware: cacheAcross(client, namespaces, hardwareData),
    settings: cacheAcross(client, namespaces, hostFirmwareSettings, { optional: true }),
    components: cacheAcross(client, namespaces, hostFirmwareComponents, { optional: true }),
    secrets: cacheAcross(client, namespaces, secretKind, {
      labelSelector: `${environmentLabel.key}=${environmentLabel.value}`,
    }),
  };
}

/** Hosts in Kubernetes. Reads come from the caches; a Secret that does not carry our label yet is read from the server. */
export function kubernetesHostStore(client: CachedClient, caches: HostCaches, events: EventRecorder): HostStore {
  const { hosts, hardware, settings, components, secrets } = caches;
  const credentialsKey = (host: BareMetalHost, name = host.spec.bmc?.credentialsName ?? ''): ObjectKey => ({
    namespace: host.metadata.namespace,
    name,
  });
  const findSecret = async (key: ObjectKey): Promise<Secret | undefined> =>
    secrets.find(key) ?? client.find(secretKind, key);

  return {
    findHost: (key) => hosts.find(key),
    findHardwareData: (host) => hardware.find(keyOf(host)),

    findBmcSharer({ metadata: { uid }, spec }) {
      const address = spec.bmc?.address ?? '';
      const sharer = address === '' ? undefined : hosts.byIndex('bmc', address).find(usesItsBmcBeside(uid));
      return sharer && formatKey(keyOf(sharer));
    },

    async addFinalizer(host) {
      const session = patchSession(client, bareMetalHost, host, { owned: ['metadata.finalizers'] });
      addFinalizer(session.draft, finalizers.host);
      return session.save();
    },

    async removeFinalizer(host) {
      const session = patchSession(client, bareMetalHost, host, { owned: ['metadata.finalizers'] });
      removeFinalizer(session.draft, finalizers.host);
      await unlessGone(session.save());
    },

    async saveHost(host, { dropAnnotations, architecture }) {
      const annotations = dropAnnotations.filter((name) => host.metadata.annotations?.[name] !== undefined);
      const fill = architecture !== undefined && architecture !== host.spec.architecture;
      if (annotations.length === 0 && !fill) return host;
      const body = {
        ...(annotations.length === 0
          ? {}
          : { metadata: { annotations: Object.fromEntries(annotations.map((name) => [name, null])) } }),
        ...(fill ? { spec: { architecture } } : {}),
      };
      return client.patch(bareMetalHost, keyOf(host), { type: 'merge', body });
    },

    // Written at most passes, so without the copies that a patch session makes: the controller owns all of it.
    async saveStatus(host, status) {
      const body = mergePatchOf({ status: host.status }, { status });
      return body === undefined ? host : client.patchStatus(bareMetalHost, keyOf(host), { type: 'merge', body });
    },

    async findCredentials(host, claim) {
      const secret = await findSecret(credentialsKey(host));
      if (secret === undefined || !claim) return secret && secretValues(secret);
      return secretValues(await claimSecret(client, secret, host));
    },

    credentialsVersion: (host) => secrets.find(credentialsKey(host))?.metadata.resourceVersion ?? '',

    async releaseCredentials(host, name) {
      const key = credentialsKey(host, name);
      const secret = key.name === '' ? undefined : await findSecret(key);
      if (secret === undefined) return;
      const session = patchSession(client, secretKind, secret);
      // Whoever goes on to live without the Secret must not take it along when it is deleted.
      if (name !== undefined) removeOwnerReference(session.draft, ownerReference(host));
      // A Secret that another host uses as well keeps its finalizer until that one goes.
      const others = hosts.list({
        namespace: host.metadata.namespace,
        where: (other) => other.metadata.uid !== host.metadata.uid && other.spec.bmc?.credentialsName === key.name,
      });
      if (others.length === 0) removeFinalizer(session.draft, finalizers.secret);
      if (session.changed) await unlessGone(session.save());
    },

    async findSecret(namespace, name) {
      const secret = await findSecret({ namespace, name });
      return secret && secretValues(secret);
    },

    async keepHardware(host, details) {
      const present = hardware.find(keyOf(host));
      if (present === undefined) {
        await client.create(hardwareData, {
          metadata: {
            ...keyOf(host),
            finalizers: [finalizers.hardwareData],
            ownerReferences: [ownerReference(host, { controller: true, blockOwnerDeletion: true })],
          } as HardwareData['metadata'],
          spec: { hardware: details },
        });
        return;
      }
      const session = patchSession(client, hardwareData, present);
      session.draft.spec.hardware = details;
      await session.save();
    },

    findFirmware: (host) => ({ settings: settings.find(keyOf(host)), components: components.find(keyOf(host)) }),
    async recordUpdates(host, updates) {
      const present = components.find(keyOf(host));
      if (present === undefined || sameJson(present.status?.updates ?? [], updates)) return;
      const body = { status: { updates } };
      await unlessGone(client.patchStatus(hostFirmwareComponents, keyOf(host), { type: 'merge', body }));
    },

    async releaseHardware(host) {
      const present = hardware.find(keyOf(host));
      if (present === undefined || !hasFinalizer(present, finalizers.hardwareData)) return;
      const session = patchSession(client, hardwareData, present, { owned: ['metadata.finalizers'] });
      removeFinalizer(session.draft, finalizers.hardwareData);
      await unlessGone(session.save());
    },

    publish: (host, { type, reason, message }) =>
      type === 'Warning' ? events.warning(host, reason, message) : events.normal(host, reason, message),
  };
}

/** A host on its way out, or one that has let go of its machine, is in nobody's way. */
function usesItsBmcBeside(uid: string | undefined): (other: BareMetalHost) => boolean {
  return ({ metadata, status }) =>
    metadata.uid !== uid && metadata.deletionTimestamp === undefined && status?.operationalStatus !== 'detached';
}

/** Marks the Secret as ours: watched by its label, deleted with the host, and not before it. */
async function claimSecret(client: CachedClient, secret: Secret, host: BareMetalHost): Promise<Secret> {
  if (isClaimed(secret, host)) return secret;
  const session = patchSession(client, secretKind, secret);
  const { metadata } = session.draft;
  if (metadata.labels?.[environmentLabel.key] === undefined) {
    metadata.labels = { ...metadata.labels, [environmentLabel.key]: environmentLabel.value };
  }
  setOwnerReference(session.draft, { ...ownerReference(host), controller: false, blockOwnerDeletion: true });
  if (metadata.deletionTimestamp === undefined) addFinalizer(session.draft, finalizers.secret);
  return session.changed ? session.save() : secret;
}

function isClaimed({ metadata }: Secret, { metadata: { uid } }: BareMetalHost): boolean {
  return (
    metadata.labels?.[environmentLabel.key] !== undefined &&
    metadata.finalizers?.includes(finalizers.secret) === true &&
    metadata.ownerReferences?.some((owner) => owner.uid === uid && owner.controller !== true) === true
  );
}
