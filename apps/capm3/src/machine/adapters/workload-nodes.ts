import {
  connectKubernetes,
  formatKey,
  node,
  readEmbeddedKubeConfig,
  secret,
  type KubeClient,
  type Kubernetes,
  type Log,
  type ObjectKey,
} from '@metal3/kube-client';
import type { WorkloadNodes } from '../ports.ts';

/** Label that cloud-init puts on a Node: the UID of the BareMetalHost it runs on. */
const hostUidLabel = 'metal3.io/uuid';
const answerWithinMs = 10_000;

interface Connection {
  readonly kubeconfig: string;
  readonly client: Kubernetes;
}

/** Nodes of workload clusters, reached through the kubeconfig Secrets that Cluster API keeps; one connection per cluster. */
export function kubeconfigWorkloadNodes(
  management: KubeClient,
  { log, now }: { readonly log: Log; readonly now: () => number },
): WorkloadNodes {
  const connections = new Map<string, Connection>();

  const connect = async ({ namespace, name }: ObjectKey): Promise<Kubernetes | undefined> => {
    const found = await management.find(secret, { namespace, name: `${name}-kubeconfig` });
    const kubeconfig = found?.data?.['value'];
    if (kubeconfig === undefined) return undefined;
    const key = formatKey({ namespace, name });
    const known = connections.get(key);
    if (known?.kubeconfig === kubeconfig) return known.client;
    await known?.client.close();
    const text = Buffer.from(kubeconfig, 'base64').toString('utf8');
    const access = readEmbeddedKubeConfig(text, `Secret ${key}-kubeconfig`, now);
    const client = connectKubernetes(access, { userAgent: 'capm3', now });
    connections.set(key, { kubeconfig, client });
    return client;
  };

  return {
    async find(cluster, host, providerId) {
      const client = await connect(cluster);
      if (client === undefined) return undefined;
      try {
        const { items } = await client.list(node, { signal: AbortSignal.timeout(answerWithinMs) });
        return items
          .filter(
            ({ metadata, spec }) =>
              spec.providerID === providerId || metadata.labels?.[hostUidLabel] === host.metadata.uid,
          )
          .map(({ metadata, spec }) => ({ name: metadata.name ?? '', providerId: spec.providerID || undefined }));
      } catch (err) {
        log.warn({ cluster: formatKey(cluster), err }, 'the workload cluster does not answer; asking again later');
        return undefined;
      }
    },
    async setProviderId(cluster, name, providerId) {
      const client = await connect(cluster);
      await client?.patch(node, { name }, { type: 'merge', body: { spec: { providerID: providerId } } });
    },
  };
}
