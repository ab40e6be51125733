import {
  formatKey,
  isKubeError,
  node,
  unlessGone,
  type Kind,
  type KubeObject,
  type Log,
  type Node,
} from '@metal3/kube-client';
import { metaTime } from '@metal3/kube-controller';
import type { WorkloadCluster, WorkloadClusters } from '../../workload/clusters.ts';
import type { NodeSight, RemediationNodes } from '../ports.ts';
import { knowsOutOfService } from './version.ts';

const outOfService = { key: 'node.kubernetes.io/out-of-service', value: 'nodeshutdown', effect: 'NoExecute' } as const;
const answerWithinMs = 10_000;
/** Controllers take a moment to see the taint; before that no Pod is on its way, and the Node only seems to be empty. */
const evictionSeenMs = 5_000;

interface VolumeAttachment extends KubeObject {
  readonly spec: { readonly nodeName?: string };
}
const pod: Kind<KubeObject> = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true };
const volumeAttachment: Kind<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
};

/** Nodes of workload clusters, as their remediation needs them. */
export function workloadRemediationNodes(
  clusters: WorkloadClusters,
  { log, now }: { readonly log: Log; readonly now: () => number },
): RemediationNodes {
  const look = async (client: WorkloadCluster, name: string): Promise<NodeSight> => {
    const signal = AbortSignal.timeout(answerWithinMs);
    const found = await client.find(node, { name }, { signal });
    if (found === undefined) return { kind: 'absent' };
    const taint = taintsOf(found).find(isOurs);
    const settled = now() - Date.parse(taint?.timeAdded ?? metaTime(0)) >= evictionSeenMs;
    return {
      kind: 'present',
      name,
      outOfService: knowsOutOfService(await client.text('/version', { signal })),
      tainted: taint !== undefined,
      drained: taint !== undefined && settled && (await isDrained(client, name, signal)),
    };
  };

  return {
    async look(cluster, name) {
      const client = await clusters.connect(cluster);
      if (client === undefined) return { kind: 'unanswered' };
      try {
        return await look(client, name);
      } catch (err) {
        if (isKubeError(err, 'Forbidden')) return { kind: 'forbidden' };
        log.info({ cluster: formatKey(cluster), err }, 'the workload cluster does not answer; asking again later');
        return { kind: 'unanswered' };
      }
    },
    async taint(cluster, name) {
      const client = await clusters.connect(cluster);
      const found = await client?.find(node, { name });
      if (client === undefined || found === undefined || taintsOf(found).some(isOurs)) return;
      await writeTaints(client, found, [...taintsOf(found), { ...outOfService, timeAdded: metaTime(now()) }]);
    },
    async keepsakes(cluster, name) {
      const client = await clusters.connect(cluster);
      const found = await client?.find(node, { name });
      return { labels: found?.metadata.labels ?? {}, annotations: found?.metadata.annotations ?? {} };
    },
    async remove(cluster, name) {
      const client = await clusters.connect(cluster);
      if (client !== undefined) await unlessGone(client.delete(node, { name }));
    },
    async restore(cluster, name, keepsakes) {
      const client = await clusters.connect(cluster);
      const found = await client?.find(node, { name });
      if (client === undefined || found === undefined) return;
      const taints = taintsOf(found);
      const others = taints.filter((taint) => !isOurs(taint));
      if (others.length < taints.length) await writeTaints(client, found, others);
      if (keepsakes === undefined) return;
      // What the Node says of itself by now is newer.
      const labels = { ...keepsakes.labels, ...found.metadata.labels };
      const annotations = { ...keepsakes.annotations, ...found.metadata.annotations };
      await client.patch(node, { name }, { type: 'merge', body: { metadata: { labels, annotations } } });
    },
  };
}

function taintsOf({ spec }: Node): NonNullable<Node['spec']['taints']> {
  return spec.taints ?? [];
}

function isOurs({ key, effect }: { readonly key: string; readonly effect: string }): boolean {
  return key === outOfService.key && effect === outOfService.effect;
}

/** Many write a Node's taints: on condition that nobody has since. */
async function writeTaints(
  client: WorkloadCluster,
  { metadata: { name = '', resourceVersion } }: Node,
  taints: NonNullable<Node['spec']['taints']>,
): Promise<void> {
  await client.patch(node, { name }, { type: 'merge', body: { metadata: { resourceVersion }, spec: { taints } } });
}

async function isDrained(client: WorkloadCluster, name: string, signal: AbortSignal): Promise<boolean> {
  const pods = await client.list(pod, { fieldSelector: `spec.nodeName=${name}`, signal });
  if (pods.items.some(({ metadata }) => metadata.deletionTimestamp !== undefined)) return false;
  const attachments = await client.list(volumeAttachment, { signal });
  return attachments.items.every(({ spec }) => spec.nodeName !== name);
}
