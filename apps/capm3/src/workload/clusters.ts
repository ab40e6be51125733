import {
  type Clock,
  connectKubernetes,
  formatKey,
  type Pace,
  paced,
  readEmbeddedKubeConfig,
  secret,
  type KubeClient,
  type Kubernetes,
  type ObjectKey,
} from '@metal3/kube-client';

/** The API of a workload cluster. */
export type WorkloadCluster = KubeClient & Pick<Kubernetes, 'text'>;

/** The workload clusters of this management cluster, by the key of their Cluster. */
export interface WorkloadClusters {
  /** A connection; undefined while Cluster API keeps no kubeconfig of that cluster. */
  connect(cluster: ObjectKey): Promise<WorkloadCluster | undefined>;
}

interface Connection {
  readonly kubeconfig: string;
  readonly client: Kubernetes;
}

/**
 * Workload clusters, reached through the kubeconfig Secrets that Cluster API keeps; one connection per cluster.
 *
 * @param pace of the calls of each; no limit if left out
 */
export function kubeconfigWorkloadClusters(
  management: KubeClient,
  clock: Clock,
  pace: Pace = { qps: 0, burst: 1 },
): WorkloadClusters {
  const connections = new Map<string, Connection>();
  const now = () => clock.now();
  return {
    async connect({ namespace, name }) {
      const found = await management.find(secret, { namespace, name: `${name}-kubeconfig` });
      const kubeconfig = found?.data?.['value'];
      if (kubeconfig === undefined) return undefined;
      const key = formatKey({ namespace, name });
      const known = connections.get(key);
      if (known?.kubeconfig === kubeconfig) return known.client;
      await known?.client.close();
      const text = Buffer.from(kubeconfig, 'base64').toString('utf8');
      const access = readEmbeddedKubeConfig(text, `Secret ${key}-kubeconfig`, now);
      const client = paced(connectKubernetes(access, { userAgent: 'capm3', now }), pace, clock);
      connections.set(key, { kubeconfig, client });
      return client;
    },
  };
}
