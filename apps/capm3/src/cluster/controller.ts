import type { KubeClient } from '@metal3/kube-client';
import {
  addFinalizer,
  metaTime,
  patchSession,
  removeFinalizer,
  setClusterApiCondition,
  setCondition,
  type Cache,
  type Reconcile,
} from '@metal3/kube-controller';
import { metal3Cluster as metal3ClusterKind, type BareMetalHost, type Metal3Cluster } from '@metal3/metal3-api';
import { clusterNameLabel, ownerName, type Cluster, type Machine } from '../cluster-api/kinds.ts';
import { kubernetesHostBook } from '../machine/adapters/kubernetes.ts';
import { freed, keptHosts } from './kept-hosts/decide.ts';
import { decideCluster, type ClusterDecision } from './readiness/decide.ts';

export const clusterFinalizer = 'metal3cluster.infrastructure.cluster.x-k8s.io';

export interface ClusterPorts {
  readonly metal3Clusters: Cache<Metal3Cluster>;
  readonly clusters: Cache<Cluster>;
  readonly machines: Cache<Machine>;
  readonly hosts: Cache<BareMetalHost>;
  readonly clock: { now(): number };
}

/** A lost event costs at most this. */
const patienceMs = 30_000;

/** One pass over a Metal3Cluster. */
export function clusterPass(client: KubeClient, ports: ClusterPorts): Reconcile {
  const book = kubernetesHostBook(client);
  return async (key, { signal }) => {
    const metal3Cluster = ports.metal3Clusters.find(key);
    if (metal3Cluster === undefined) return undefined;
    const { namespace } = key;
    const owner = ownerName(metal3Cluster.metadata, 'Cluster');
    const cluster = owner === undefined ? undefined : ports.clusters.find({ namespace, name: owner });
    const clusterName = owner ?? metal3Cluster.metadata.labels?.[clusterNameLabel];
    const machines = ports.machines
      .list({ namespace, where: (machine) => machine.metadata.labels?.[clusterNameLabel] === clusterName })
      .map((machine) => machine.metadata.name ?? '');

    const session = patchSession(client, metal3ClusterKind, metal3Cluster);
    const decision = decideCluster({ metal3Cluster, cluster, machines });
    if (decision.kind === 'gone') {
      const kept = keptHosts(ports.hosts.list({ namespace }), { namespace, name: clusterName });
      for (const host of kept) await book.change(host, freed);
    }
    report(session.draft, decision, ports.clock.now());
    await session.save({ signal });
    return decision.kind === 'wait-for-machines' ? { requeueAfterMs: patienceMs } : undefined;
  };
}

/** Writes a decision into the draft: finalizer, status, conditions of both contracts. */
function report(draft: Metal3Cluster, decision: ClusterDecision, now: number): void {
  switch (decision.kind) {
    case 'ignore':
      return;
    case 'gone':
      removeFinalizer(draft, clusterFinalizer);
      return;
    case 'paused':
      paused(draft, 'True', now);
      return;
    case 'wait-for-machines':
      ready(draft, 'False', 'Deleting', decision.message, now);
      return;
    case 'invalid':
      ready(draft, 'False', 'InvalidConfiguration', decision.message, now);
      failure(draft, 'InvalidConfiguration', decision.message);
      return;
    case 'ready': {
      addFinalizer(draft, clusterFinalizer);
      const status = (draft.status ??= {});
      if (draft.spec.failureDomains !== undefined) status.failureDomains = draft.spec.failureDomains;
      if (status.initialization?.provisioned !== true) {
        status.initialization = { provisioned: true };
        status.lastUpdated = metaTime(now);
      }
      ready(draft, 'True', 'Ready', '', now);
      paused(draft, 'False', now);
      failure(draft, undefined, undefined);
    }
  }
}

function ready(draft: Metal3Cluster, status: 'True' | 'False', reason: string, message: string, now: number): void {
  const target = (draft.status ??= {});
  for (const type of ['BaremetalInfrastructureReady', 'Ready']) {
    const finding = { type, status, reason: type === 'Ready' && status === 'False' ? 'NotReady' : reason, message };
    target.conditions = setCondition(target.conditions, finding, now);
    const legacy = ((target.deprecated ??= {}).v1beta1 ??= {});
    legacy.conditions = setClusterApiCondition(
      legacy.conditions,
      status === 'True'
        ? { type, status }
        : { type, status, severity: 'Error', reason, ...(message !== '' && { message }) },
      now,
    );
  }
}

function paused(draft: Metal3Cluster, status: 'True' | 'False', now: number): void {
  const target = (draft.status ??= {});
  const reason = status === 'True' ? 'Paused' : 'NotPaused';
  target.conditions = setCondition(target.conditions, { type: 'Paused', status, reason }, now);
}

/** The deprecated failure fields; unlike a terminal failure of old, ours goes away once the cause is mended. */
function failure(draft: Metal3Cluster, reason: string | undefined, message: string | undefined): void {
  const legacy = draft.status?.deprecated?.v1beta1;
  if (reason === undefined || message === undefined) {
    delete legacy?.failureReason;
    delete legacy?.failureMessage;
    return;
  }
  const target = (((draft.status ??= {}).deprecated ??= {}).v1beta1 ??= {});
  target.failureReason = reason;
  target.failureMessage = message;
}
