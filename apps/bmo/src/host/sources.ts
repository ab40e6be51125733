import { formatKey, keyOf, type ObjectKey } from '@metal3/kube-client';
import {
  relatedTo,
  changesOf,
  ownersOf,
  withoutWaiting,
  type Cache,
  type CacheChange,
  type Source,
} from '@metal3/kube-controller';
import {
  bareMetalHost,
  type BareMetalHost,
  type DataImage,
  type HostFirmwareComponents,
  type HostFirmwareSettings,
} from '@metal3/metal3-api';
import { sameJson } from '../kernel.ts';
import type { NodeChange, Provisioner } from '../provisioner/ports.ts';
import type { HostCaches } from './adapters/kubernetes.ts';

interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Everything that may give a host something to do. */
export function hostSources(caches: HostCaches, provisioner: Provisioner, log: Log): readonly Source[] {
  return [
    changesOf(caches.hosts, { where: isWorthAPass }),
    ownersOf(caches.secrets, bareMetalHost),
    relatedTo(caches.secrets, ({ key }) => caches.hosts.byIndex('agentNetwork', formatKey(key)).map(keyOf)),
    relatedTo(caches.hardware, ({ key }) => [key]),
    withoutWaiting(relatedTo(caches.settings, ({ key, before, after }) => (asksAnew(before, after) ? [key] : []))),
    withoutWaiting(relatedTo(caches.components, ({ key, before, after }) => (asksAnew(before, after) ? [key] : []))),
    withoutWaiting(relatedTo(caches.policies, ({ key }) => [key])),
    withoutWaiting(relatedTo(caches.dataImages, ({ key, before, after }) => (isEdited(before, after) ? [key] : []))),
    ...(caches.preprovisioningImages === undefined
      ? []
      : [relatedTo(caches.preprovisioningImages, ({ key }) => [key])]),
    nodeChanges(caches, provisioner, log),
  ];
}

/** A host's own status and labels are no reason to look at it. */
export function isWorthAPass({ before, after }: CacheChange<BareMetalHost>): boolean {
  if (before === undefined || after === undefined) return true;
  return (
    before.metadata.generation !== after.metadata.generation ||
    before.metadata.deletionTimestamp !== after.metadata.deletionTimestamp ||
    !sameJson(before.metadata.finalizers, after.metadata.finalizers) ||
    !sameJson(before.metadata.annotations, after.metadata.annotations)
  );
}

/** A host looks at its data image when it is powered on; one that waits for that may be given another. */
function isEdited(before: DataImage | undefined, after: DataImage | undefined): boolean {
  return (
    before?.metadata.generation !== after?.metadata.generation ||
    before?.metadata.deletionTimestamp !== after?.metadata.deletionTimestamp
  );
}

type Firmware = HostFirmwareSettings | HostFirmwareComponents;

/** Firmware concerns a host once its own controller has looked at what is asked for. */
function asksAnew(before: Firmware | undefined, after: Firmware | undefined): boolean {
  const conditions = (firmware: Firmware | undefined) =>
    firmware?.status?.conditions?.map(({ type, status, observedGeneration }) => [type, status, observedGeneration]);
  const wanted = after?.status?.conditions?.some(({ type, status }) => type === 'ChangeDetected' && status === 'True');
  return wanted === true && !sameJson(conditions(before), conditions(after));
}

/** By the node's name or, for names of old, by its id. */
export function hostsOfNode(
  hosts: Cache<BareMetalHost>,
  node: { readonly uuid: string; readonly name: string },
): readonly ObjectKey[] {
  const [namespace, name] = node.name.split('~', 2);
  if (namespace !== undefined && name !== undefined) return [{ namespace, name }];
  return hosts.byIndex('node', node.uuid).map(keyOf);
}

/** The host whose node has changed; all hosts when Ironic is back. */
function nodeChanges({ hosts }: HostCaches, provisioner: Provisioner, log: Log): Source {
  const affected = (change: NodeChange) => {
    if (change.kind === 'lost') {
      log.warn({ reason: change.reason }, 'Ironic cannot be reached');
      return [];
    }
    if (change.kind === 'synced') {
      log.info({}, 'Ironic is reachable');
      return hosts.list().map(keyOf);
    }
    return hostsOfNode(hosts, change);
  };
  return {
    ready: async () => {},
    start(enqueue, signal) {
      void (async () => {
        for await (const change of provisioner.changes(signal)) for (const key of affected(change)) enqueue(key);
      })();
    },
  };
}
