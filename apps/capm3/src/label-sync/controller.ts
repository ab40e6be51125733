import { formatKey, isKubeError, keyOf, type Log, node, type ObjectKey } from '@metal3/kube-client';
import type { Cache, Reconcile } from '@metal3/kube-controller';
import type { BareMetalHost, Metal3Cluster, Metal3Machine } from '@metal3/metal3-api';
import { isPaused, ownerName, type Cluster, type Machine } from '../cluster-api/kinds.ts';
import { isConsumer } from '../machine/host-choice/decide.ts';
import { hostPausedAnnotation } from '../machine/pause/decide.ts';
import type { WorkloadClusters } from '../workload/clusters.ts';
import { decideNodeLabels, labelSyncAnnotation, syncedPrefixes } from './decide.ts';

export interface LabelSyncCaches {
  readonly hosts: Cache<BareMetalHost>;
  readonly metal3Machines: Cache<Metal3Machine>;
  readonly machines: Cache<Machine>;
  readonly clusters: Cache<Cluster>;
  readonly metal3Clusters: Cache<Metal3Cluster>;
}

export interface LabelSyncPorts extends LabelSyncCaches {
  readonly workload: WorkloadClusters;
  readonly serves: (metal3Machine: Metal3Machine) => boolean;
  readonly log: Log;
}

/** Nodes are not watched: what somebody does to their labels is found within this time. */
const againMs = 60_000;
const answerWithinMs = 10_000;

interface NodeOfHost {
  readonly cluster: ObjectKey;
  readonly node: string;
  readonly prefixes: ReadonlySet<string>;
}

/** One pass over a host: labels that its cluster asks for go to the Node that runs on it. */
export function labelSyncPass(ports: LabelSyncPorts): Reconcile {
  return async (key) => {
    const host = ports.hosts.find(key);
    const target = host === undefined ? undefined : nodeOf(host, ports);
    if (host === undefined || target === undefined) return undefined;
    try {
      await sync(host, target, ports.workload);
    } catch (err) {
      // A cluster that does not answer is no failure of ours, nor one to be hurried after.
      if (isKubeError(err, 'Conflict')) throw err;
      ports.log.info(
        { cluster: formatKey(target.cluster), node: target.node, err },
        'labels of a host did not reach its Node',
      );
    }
    return { requeueAfterMs: againMs };
  };
}

/** Undefined while there is no Node, or nothing that is to be done to it. */
function nodeOf(host: BareMetalHost, ports: LabelSyncPorts): NodeOfHost | undefined {
  const { namespace, name = '', annotations = {} } = host.metadata;
  const { consumerRef } = host.spec;
  if (annotations[hostPausedAnnotation] !== undefined || consumerRef?.kind !== 'Metal3Machine') return undefined;
  const metal3Machine = ports.metal3Machines.find({ namespace, name: consumerRef.name ?? '' });
  if (metal3Machine === undefined || !isConsumer(host, metal3Machine) || !ports.serves(metal3Machine)) return undefined;
  const owner = ownerName(metal3Machine.metadata, 'Machine');
  const machine = owner === undefined ? undefined : ports.machines.find({ namespace, name: owner });
  const cluster = machine && ports.clusters.find({ namespace, name: machine.spec.clusterName });
  const infrastructure = cluster?.spec.infrastructureRef?.name;
  const metal3Cluster =
    infrastructure === undefined ? undefined : ports.metal3Clusters.find({ namespace, name: infrastructure });
  const nodeName = machine?.status?.nodeRef?.name;
  if (cluster === undefined || metal3Cluster === undefined || nodeName === undefined) return undefined;
  if (isPaused(metal3Cluster, cluster)) return undefined;
  const asked = syncedPrefixes(metal3Cluster.metadata.annotations?.[labelSyncAnnotation]);
  if (asked.kind === 'invalid') ports.log.warn({ cluster: formatKey(keyOf(cluster)), host: name }, asked.reason);
  return asked.kind === 'prefixes' ? { cluster: keyOf(cluster), node: nodeName, prefixes: asked.prefixes } : undefined;
}

async function sync(host: BareMetalHost, target: NodeOfHost, workload: WorkloadClusters): Promise<void> {
  const client = await workload.connect(target.cluster);
  const signal = AbortSignal.timeout(answerWithinMs);
  const found = await client?.find(node, { name: target.node }, { signal });
  if (client === undefined || found === undefined) return;
  const labels = decideNodeLabels(host.metadata.labels ?? {}, found.metadata.labels ?? {}, target.prefixes);
  if (Object.keys(labels).length === 0) return;
  await client.patch(node, { name: target.node }, { type: 'merge', body: { metadata: { labels } } }, { signal });
}
