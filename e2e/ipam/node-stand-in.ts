import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { configMap, type Kind, type KubeObject, type Kubernetes } from '@metal3/kube-client';
import { asAdmin, freePort, startChild, waitUntilReady, type Child, type ControlPlane } from '@metal3/local-servers';
import { stringify } from 'yaml';

/** What a cluster with nodes does when a Deployment is applied, as far as a chart needs it to come to life on a control plane alone. */
export interface NodeStandIn {
  /** The process that runs in place of the Deployment's pods, once there is one. */
  readonly child: () => Child | undefined;
  /** Rejects when the Deployment could not be brought to life. */
  readonly failed: Promise<never>;
  readonly stop: () => Promise<void>;
}

interface Deployment extends KubeObject {
  spec: {
    replicas: number;
    template: {
      spec: {
        serviceAccountName: string;
        containers: readonly {
          args?: readonly string[];
          volumeMounts?: readonly { name: string; mountPath: string }[];
        }[];
        volumes?: readonly { name: string; configMap?: { name: string } }[];
      };
    };
  };
  status?: object;
}

interface WebhookConfiguration extends KubeObject {
  webhooks: { name: string; clientConfig: { service?: { path: string }; url?: string; caBundle?: string } }[];
}

const deployments: Kind<Deployment> = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  namespaced: true,
};
const webhookKinds = ['Validating', 'Mutating'].map((kind): Kind<WebhookConfiguration> => ({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: `${kind}WebhookConfiguration`,
  plural: `${kind.toLowerCase()}webhookconfigurations`,
  namespaced: false,
}));

/**
 * Waits for a Deployment, runs its first container's program with the arguments, files and account that it asks for, lets the API server reach its
 * webhooks (there is no Service network), and tells in the Deployment's status that all replicas are available.
 */
export function standInForNodes(
  plane: ControlPlane,
  api: Kubernetes,
  key: { readonly namespace: string; readonly name: string },
  { program, folder }: { readonly program: string; readonly folder: string },
): NodeStandIn {
  const stopping = new AbortController();
  let child: Child | undefined;
  const run = async (): Promise<void> => {
    const deployment = await appearing(() => api.find(deployments, key), stopping.signal);
    if (deployment === undefined) return;
    const [health, webhook] = [await freePort(), await freePort()];
    child = startChild({
      name: key.name,
      command: process.execPath,
      args: [
        program,
        ...(await argumentsOf(deployment, api, key.namespace, folder)),
        ...['--kubeconfig', await kubeconfigFor(plane, deployment, key.namespace, folder)],
        ...[
          '--health-listen',
          `127.0.0.1:${health}`,
          '--webhook-port',
          String(webhook),
          '--webhooks-names',
          '127.0.0.1',
        ],
      ],
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        POD_NAMESPACE: key.namespace,
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      },
      logFile: join(folder, `${key.name}.log`),
    });
    await waitUntilReady(child, async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok, 60_000);
    await Promise.all(webhookKinds.map((kind) => route(api, kind, webhook)));
    const { replicas } = deployment.spec;
    const { generation } = deployment.metadata;
    const status = {
      observedGeneration: generation,
      replicas,
      updatedReplicas: replicas,
      readyReplicas: replicas,
      availableReplicas: replicas,
    };
    await api.patchStatus(deployments, key, { type: 'merge', body: { status } });
  };
  const failed = new Promise<never>((_, reject) => {
    run().catch(reject);
  });
  failed.catch(() => undefined);
  return {
    child: () => child,
    failed,
    async stop() {
      stopping.abort();
      await child?.stop({ graceMs: 5_000 });
    },
  };
}

async function appearing<T>(find: () => Promise<T | undefined>, signal: AbortSignal): Promise<T | undefined> {
  while (!signal.aborted) {
    const found = await find();
    if (found !== undefined) return found;
    await delay(50);
  }
  return undefined;
}

/** The container's arguments, with its ConfigMaps as files of this machine. */
async function argumentsOf(
  { spec: { template } }: Deployment,
  api: Kubernetes,
  namespace: string,
  folder: string,
): Promise<readonly string[]> {
  const { containers, volumes = [] } = template.spec;
  const [{ args = [], volumeMounts = [] } = {}] = containers;
  const mounted = new Map<string, string>();
  for (const { name, mountPath } of volumeMounts) {
    const source = volumes.find((volume) => volume.name === name)?.configMap;
    if (source === undefined) continue;
    const { data = {} } = await api.get(configMap, { namespace, name: source.name });
    const here = join(folder, 'mounts', name);
    mkdirSync(here, { recursive: true });
    for (const [file, content] of Object.entries(data)) writeFileSync(join(here, file), content);
    mounted.set(mountPath, here);
  }
  return args.map((argument) => [...mounted].reduce((text, [path, here]) => text.replaceAll(path, here), argument));
}

/** What a pod finds of its service account. */
async function kubeconfigFor(
  plane: ControlPlane,
  { spec }: Deployment,
  namespace: string,
  folder: string,
): Promise<string> {
  const name = spec.template.spec.serviceAccountName;
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const { body } = await asAdmin(plane, 'POST', path, request);
  const { token } = (body as { readonly status: { readonly token: string } }).status;
  const file = join(folder, 'pod.kubeconfig');
  const ca = Buffer.from(plane.ca).toString('base64');
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'here', cluster: { server: plane.url, 'certificate-authority-data': ca } }],
    users: [{ name, user: { token } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: name, namespace } }],
    'current-context': 'here',
  };
  writeFileSync(file, stringify(content), { mode: 0o600 });
  return file;
}

/** Webhooks that name a Service are reached by address instead, once the service has said which authority to trust. */
async function route(api: Kubernetes, kind: Kind<WebhookConfiguration>, port: number): Promise<void> {
  for (const { metadata } of (await api.list(kind)).items) {
    const key = { name: metadata.name ?? '' };
    const trusted = await appearing(async () => {
      const found = await api.get(kind, key);
      return found.webhooks.every(({ clientConfig }) => clientConfig.caBundle) ? found : undefined;
    }, AbortSignal.timeout(60_000));
    if (trusted === undefined) throw new Error(`${kind.kind} ${key.name} was not told an authority within a minute`);
    const operations = trusted.webhooks.flatMap(({ clientConfig: { service, caBundle } }, at) => {
      const value = { url: `https://127.0.0.1:${port}${service?.path ?? ''}`, caBundle };
      return service === undefined ? [] : [{ op: 'replace' as const, path: `/webhooks/${at}/clientConfig`, value }];
    });
    await api.patch(kind, key, { type: 'json', operations });
  }
}
