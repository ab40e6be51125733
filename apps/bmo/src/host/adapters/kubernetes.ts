import { formatKey, keyOf, mergePatchOf, unlessGone, type ObjectKey } from '@metal3/kube-client';
import {
  addFinalizer,
  cacheAcross,
  hasFinalizer,
  ownerReference,
  patchSession,
  removeFinalizer,
  removeOwnerReference,
  saveStatus,
  setOwnerReference,
  type Cache,
  type CachedClient,
  type EventRecorder,
} from '@metal3/kube-controller';
import {
  bareMetalHost,
  dataImage,
  hardwareData,
  hostFirmwareComponents,
  hostFirmwareSettings,
  hostUpdatePolicy,
  preprovisioningImage,
  type BareMetalHost,
  type DataImage,
  type HardwareData,
  type HostFirmwareComponents,
  type HostFirmwareSettings,
  type HostUpdatePolicy,
  type PreprovisioningImage,
} from '@metal3/metal3-api';
import { sameJson } from '../../kernel.ts';
import { claimsHolding } from '../../host-claim/consumer.ts';
import { attachmentsNamed } from '../network-attachments.ts';
import { environmentLabel, finalizers } from '../annotations.ts';
import type { HostStore } from '../ports.ts';
import { claimAgentNetwork, claimCredentials, isHeldAlone, releaseClaim } from './secret-claims.ts';
import { secretKind, secretValues, type Secret } from './secret.ts';

export interface HostCaches {
  readonly hosts: Cache<BareMetalHost>;
  readonly hardware: Cache<HardwareData>;
  /** Firmware settings and components of hosts; the kinds may be installed later. */
  readonly settings: Cache<HostFirmwareSettings>;
  readonly components: Cache<HostFirmwareComponents>;
  readonly policies: Cache<HostUpdatePolicy>;
  readonly dataImages: Cache<DataImage>;
  /** undefined where images are not built for each host. */
  readonly preprovisioningImages: Cache<PreprovisioningImage> | undefined;
  /** Secrets that carry our label. */
  readonly secrets: Cache<Secret>;
}

/** The caches that the controller of hosts reads; make them once. @param namespaces empty for all */
export function hostCaches(
  client: CachedClient,
  namespaces: readonly string[],
  { buildsImages }: { readonly buildsImages: boolean } = { buildsImages: false },
): HostCaches {
  return {
    hosts: cacheAcross(client, namespaces, bareMetalHost, {
      indexes: {
        node: ({ status }) => [status?.provisioning.ID ?? ''],
        bmc: ({ spec }) => [spec.bmc?.address ?? ''],
        agentNetwork: ({ metadata, spec }) => namedNetwork(metadata.namespace, spec),
        claim: claimsHolding,
        networkAttachment: attachmentsNamed,
      },
    }),
    hardware: cacheAcross(client, namespaces, hardwareData),
    settings: cacheAcross(client, namespaces, hostFirmwareSettings, { optional: true }),
    components: cacheAcross(client, namespaces, hostFirmwareComponents, { optional: true }),
    policies: cacheAcross(client, namespaces, hostUpdatePolicy, { optional: true }),
    dataImages: cacheAcross(client, namespaces, dataImage, { optional: true }),
    preprovisioningImages: buildsImages
      ? cacheAcross(client, namespaces, preprovisioningImage, {
          indexes: { networkData: imageNetwork },
        })
      : undefined,
    secrets: cacheAcross(client, namespaces, secretKind, {
      labelSelector: `${environmentLabel.key}=${environmentLabel.value}`,
      indexes: { heldAlone: (secret) => (isHeldAlone(secret) ? [secret.metadata.namespace ?? ''] : []) },
    }),
  };
}

/** Hosts in Kubernetes. Reads come from the caches; a Secret that does not carry our label yet is read from the server. */
export function kubernetesHostStore(client: CachedClient, caches: HostCaches, events: EventRecorder): HostStore {
  const { hosts, hardware, settings, components, policies, dataImages, preprovisioningImages, secrets } = caches;
  const credentialsKey = (host: BareMetalHost, name = host.spec.bmc?.credentialsName ?? ''): ObjectKey => ({
    namespace: host.metadata.namespace,
    name,
  });
  const findSecret = async (key: ObjectKey): Promise<Secret | undefined> =>
    secrets.find(key) ?? client.find(secretKind, key);

  /** Those of the host's namespace that nobody names any more, but for the one that it names itself. */
  const releaseNetworks = async ({ metadata: { uid, namespace = '' } }: BareMetalHost, named: string | undefined) => {
    // Read by every pass: without anything to let go this costs nothing.
    for (const secret of secrets.byIndex('heldAlone', namespace)) {
      const users = hosts.byIndex('agentNetwork', formatKey(keyOf(secret)));
      const inUse = secret.metadata.name === named || users.some((other) => other.metadata.uid !== uid);
      if (!inUse) await releaseClaim(client, secret);
    }
  };

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
      return secretValues(await claimCredentials(client, secret, host));
    },

    surroundingsOf(host) {
      const key = keyOf(host);
      const image = preprovisioningImages?.find(key);
      return JSON.stringify([
        secrets.find(credentialsKey(host))?.metadata.resourceVersion,
        ...[settings, components, policies].map((cache) => cache.find(key)?.metadata.generation),
        [image?.metadata.generation, image?.status],
      ]);
    },

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

    async findAgentNetwork(host) {
      const name = host.spec.preprovisioningNetworkDataName;
      await releaseNetworks(host, name);
      const secret = name ? await findSecret({ namespace: host.metadata.namespace, name }) : undefined;
      return secret && secretValues(await claimAgentNetwork(client, secret));
    },

    releaseAgentNetworks: (host) => releaseNetworks(host, undefined),

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

    findFirmware: (host) => ({
      settings: settings.find(keyOf(host)),
      components: components.find(keyOf(host)),
      policy: policies.find(keyOf(host)),
    }),
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

    findImage: (host) => preprovisioningImages?.find(keyOf(host)),
    async keepImage(host, spec) {
      const present = preprovisioningImages?.find(keyOf(host));
      const { labels } = host.metadata;
      const owner = ownerReference(host, { controller: true, blockOwnerDeletion: true });
      if (present === undefined) {
        const metadata = { ...keyOf(host), ...(labels && { labels }), ownerReferences: [owner] };
        await client.create(preprovisioningImage, {
          metadata: { ...metadata, finalizers: [finalizers.preprovisioningImage] } as PreprovisioningImage['metadata'],
          spec,
        });
        return;
      }
      const session = patchSession(client, preprovisioningImage, present);
      session.draft.spec = spec;
      session.draft.metadata.labels = { ...present.metadata.labels, ...labels };
      addFinalizer(session.draft, finalizers.preprovisioningImage);
      setOwnerReference(session.draft, owner);
      await session.save();
    },
    async releaseImage(host) {
      const present = preprovisioningImages?.find(keyOf(host));
      if (present === undefined || !hasFinalizer(present, finalizers.preprovisioningImage)) return;
      const session = patchSession(client, preprovisioningImage, present, { owned: ['metadata.finalizers'] });
      removeFinalizer(session.draft, finalizers.preprovisioningImage);
      await unlessGone(session.save());
    },

    findDataImage: (host) => dataImages.find(keyOf(host)),
    async saveDataImage(host, status) {
      const present = dataImages.find(keyOf(host));
      if (present !== undefined) await saveStatus(client, dataImage, present, status);
    },

    publish: (host, { type, reason, message }) =>
      type === 'Warning' ? events.warning(host, reason, message) : events.normal(host, reason, message),
  };
}

function namedNetwork(namespace: string | undefined, { preprovisioningNetworkDataName: name }: BareMetalHost['spec']) {
  return name ? [formatKey({ namespace, name })] : [];
}

function imageNetwork({ metadata, spec: { networkDataName: name } }: PreprovisioningImage) {
  return name ? [formatKey({ namespace: metadata.namespace, name })] : [];
}

/** A host on its way out, or one that has let go of its machine, is in nobody's way. */
function usesItsBmcBeside(uid: string | undefined): (other: BareMetalHost) => boolean {
  return ({ metadata, status }) =>
    metadata.uid !== uid && metadata.deletionTimestamp === undefined && status?.operationalStatus !== 'detached';
}
