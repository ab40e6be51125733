import { configMap, type Kubernetes, node, secret } from '@metal3/kube-client';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';
import { parse } from 'yaml';
import { pods } from '../nodes/pod.ts';
import { type Boot, readCloudConfig } from './cloud-config.ts';

/** What the images of provisioned hosts do: cloud-init, kubeadm and the kubelet, seen from the workload cluster. */
export interface BootingMachines {
  /** Rejects when a machine could not join its cluster. */
  readonly failed: Promise<never>;
  /** Looks at the hosts of one more management cluster, to which some may move while they run. */
  follow(api: Kubernetes): void;
  stop(): Promise<void>;
}

const system = 'kube-system';
const controlPlane = 'node-role.kubernetes.io/control-plane';
const staticPods = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];

/**
 * Boots every host that becomes provisioned from its user data and meta data, and ends it when its image goes. The workload cluster's
 * API server is there before the first machine; everything else in it comes of the machines.
 */
export function bootingMachines(workload: Kubernetes, namespace: string): BootingMachines {
  const stopping = new AbortController();
  const { signal } = stopping;
  const up = new Set<string>();

  const following: Promise<void>[] = [];

  const see = async (api: Kubernetes, host: BareMetalHost): Promise<void> => {
    const { name = '' } = host.metadata;
    // A host whose status is still to come has just been moved.
    if (host.status?.provisioning === undefined) return;
    const runs = host.status.provisioning.state === 'provisioned' && host.spec.image !== undefined;
    if (runs && !up.has(name)) {
      const boot = readCloudConfig(...(await configDriveOf(api, host)));
      up.add(name);
      await join(workload, boot, /v\d+\.\d+\.\d+/.exec(host.spec.image?.url ?? '')?.[0] ?? '');
    }
    // Nobody asks after the pods of a Node that is gone.
    if (!runs) up.delete(name);
  };
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const follow = async (api: Kubernetes): Promise<void> => {
    while (!signal.aborted) {
      try {
        for await (const event of api.watch(bareMetalHost, { namespace, signal })) {
          if (event.type === 'ADDED' || event.type === 'MODIFIED') await see(api, event.object);
        }
      } catch (error) {
        if (!signal.aborted) reject(error);
        return;
      }
    }
  };

  return {
    failed,
    follow: (api) => void following.push(follow(api)),
    async stop() {
      stopping.abort();
      await Promise.all(following);
    },
  };
}

async function configDriveOf(api: Kubernetes, { metadata, spec }: BareMetalHost) {
  const { namespace = '', uid = '' } = metadata;
  const read = async (name: string | undefined, key: string): Promise<string> => {
    const { data = {} } = await api.get(secret, { namespace, name: name ?? '' });
    return Buffer.from(data[key] ?? '', 'base64').toString();
  };
  const metaData = parse(await read(spec.metaData?.name, 'metaData')) as Record<string, string>;
  // The operator adds the host's own.
  return [await read(spec.userData?.name, 'value'), { ...metaData, uuid: uid }] as const;
}

async function join(workload: Kubernetes, boot: Boot, version: string): Promise<void> {
  const { nodeName: name, isControlPlane } = boot;
  if (boot.clusterConfiguration !== undefined) await publish(workload, boot.clusterConfiguration);
  if (boot.token !== undefined) {
    const [id] = boot.token.split('.');
    await workload.get(secret, { namespace: system, name: `bootstrap-token-${id}` });
  }
  const role = isControlPlane ? { [controlPlane]: '' } : {};
  const taints = isControlPlane ? [{ key: controlPlane, effect: 'NoSchedule' }] : [];
  await workload.create(node, { metadata: { name, labels: { ...boot.nodeLabels, ...role } }, spec: { taints } });
  await workload.patchStatus(node, { name }, { type: 'merge', body: { status: kubeletStatus(name, version) } });
  if (!isControlPlane) return;
  for (const component of staticPods) {
    const key = { namespace: system, name: `${component}-${name}` };
    await workload.create(pods, {
      metadata: {
        ...key,
        labels: { component, tier: 'control-plane' },
        annotations: { 'kubernetes.io/config.mirror': 'journey', 'kubernetes.io/config.source': 'file' },
      },
      spec: {
        nodeName: name,
        containers: [{ name: component, image: `registry.example/${component}:${version}` }],
      } as never,
    });
    const status = { phase: 'Running', conditions: [condition('Ready', 'True'), condition('PodScheduled', 'True')] };
    await workload.patchStatus(pods, key, { type: 'merge', body: { status } });
  }
}

/** What `kubeadm init` leaves for those who join later. */
async function publish(workload: Kubernetes, ClusterConfiguration: string): Promise<void> {
  await workload.create(configMap, {
    metadata: { namespace: system, name: 'kubeadm-config' },
    data: { ClusterConfiguration },
  });
}

function kubeletStatus(name: string, kubeletVersion: string): object {
  const [kubeProxyVersion, machineID, systemUUID, bootID] = [kubeletVersion, name, name, name];
  const nodeInfo = {
    ...{ kubeletVersion, kubeProxyVersion, machineID, systemUUID, bootID },
    ...{ kernelVersion: '6.12', osImage: 'journey', containerRuntimeVersion: 'containerd://2.1' },
    ...{ operatingSystem: 'linux', architecture: 'amd64' },
  };
  const pressures = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => condition(type, 'False'));
  return { nodeInfo, conditions: [condition('Ready', 'True'), ...pressures] };
}

function condition(type: string, status: 'True' | 'False') {
  const at = new Date().toISOString();
  return {
    type,
    status,
    reason: 'Journey',
    message: 'as the kubelet says',
    lastTransitionTime: at,
    lastHeartbeatTime: at,
  };
}
