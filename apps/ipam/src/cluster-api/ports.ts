import type { ObjectKey } from '@metal3/kube-client';

/** What is asked about Clusters. */
export interface Clusters {
  /** undefined when the Cluster, or its kind, is not there. */
  find(key: ObjectKey): ClusterSummary | undefined;
  /** Calls back when a Cluster has come, gone, or been paused or unpaused; answers the way to stop that. */
  onChange(listener: (key: ObjectKey) => void): () => void;
  whenSynced(signal: AbortSignal): Promise<void>;
}

export interface ClusterSummary {
  readonly apiVersion: string;
  readonly name: string;
  readonly uid: string;
  readonly paused: boolean;
}
