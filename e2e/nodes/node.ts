import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isKubeError, secret, type Kind, type KubeObject, type Kubernetes } from '@metal3/kube-client';
import type { ControlPlane } from '@metal3/local-servers';
import { writeImageContent } from '@metal3/images';
import { fieldOf, pods, services, type Container, type Pod } from './pod.ts';
import { runPod, type RunningPod } from './running-pod.ts';
import { startSandbox, type Sandbox } from './sandbox.ts';
import { connectServices, type Backend } from './services.ts';
import { mountVolumes } from './volumes.ts';

/** The one node of a cluster: this machine. */
export interface Node {
  /** Rejects when a pod could not be brought to life. */
  readonly failed: Promise<never>;
  /** The last words of containers that ended although they were to go on. */
  readonly restarts: () => readonly string[];
  /** The end of the logs of all containers, ended ones too. */
  readonly logs: (lines?: number) => string;
  readonly stop: () => Promise<void>;
}

export interface NodeOptions {
  readonly plane: ControlPlane;
  /** As cluster administrator. */
  readonly api: Kubernetes;
  /** Root of the repository, from which images are made. */
  readonly root: string;
  readonly dir: string;
}

/**
 * Runs the pods that a control plane's own controllers make of Deployments and Jobs, as far as our charts go: with the content of our
 * images, their arguments, files, account and user, on a read-only file system. They share this machine's network, each with a
 * loopback address of its own, and find one another by Services. Tells their states to the API server. Needs root.
 */
export function startNode(options: NodeOptions): Node {
  const { api, dir } = options;
  if (process.getuid?.() !== 0)
    throw new Error('pods run in mount namespaces of their own, which takes root: run this test as root');
  mkdirSync(dir, { recursive: true });
  const stopping = new AbortController();
  const hosts = join(dir, 'hosts');
  const images = madeImages(options);
  const all = new Map<string, RunningPod & Backend>();
  const begun = new Set<string>();
  const gone = new Set<string>();
  const network = connectServices(hosts, () => [...all.values()]);

  const run = async (pod: Pod): Promise<void> => {
    const address = addressOf(options.plane, begun.size);
    const prepared = new Map<string, Sandbox>();
    const folders = await mountVolumes({ ...options, dir: join(dir, 'volumes'), address }, pod);
    for (const container of pod.spec.containers) {
      prepared.set(container.name, {
        ...identityOf(pod, container, dir),
        app: await images(container.image),
        mounts: mountsOf(container, folders),
        hosts,
        env: await environmentOf(options, pod, container, address),
      });
    }
    if (stopping.signal.aborted || gone.has(pod.metadata.uid ?? '')) return;
    const start = ({ name }: Container) => {
      const sandbox = prepared.get(name);
      if (sandbox === undefined) throw new Error(`container ${name} was not prepared`);
      return startSandbox(sandbox);
    };
    const running = runPod({ pod, address, api, start });
    all.set(pod.metadata.uid ?? '', { ...running, pod, address });
    await running.ended;
  };
  const end = async ({ metadata: { uid = '' } }: Pod): Promise<void> => {
    gone.add(uid);
    await all.get(uid)?.stop();
  };

  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => undefined);
  const follow = async <T extends KubeObject>(kind: Kind<T>, changed: (object: T, gone: boolean) => void) => {
    while (!stopping.signal.aborted) {
      try {
        for await (const event of api.watch(kind, { signal: stopping.signal })) {
          if (event.type !== 'BOOKMARK') changed(event.object, event.type === 'DELETED');
        }
      } catch (error) {
        if (!stopping.signal.aborted && !isKubeError(error)) reject(error);
      }
    }
  };
  const following = Promise.all([
    follow(services, (service, deleted) => {
      if (deleted) network.remove(service);
      else void network.add(service).catch(reject);
    }),
    follow(pods, (pod, deleted) => {
      const uid = pod.metadata.uid ?? '';
      if (deleted) void end(pod).catch(reject);
      else if (!begun.has(uid)) {
        begun.add(uid);
        void run(pod).catch(reject);
      }
    }),
  ]);

  return {
    failed,
    restarts: () => [...all.values()].flatMap((pod) => pod.restarts()),
    logs: (lines = 15) => [...all.values()].map((pod) => pod.logs(lines)).join('\n'),
    async stop() {
      stopping.abort();
      await following;
      await Promise.all([...all.values()].map((pod) => pod.stop()));
      network.stop();
    },
  };
}

/** Of the n-th pod. All of 127.0.0.0/8 is this machine, and the port of the API server is its own: the nodes of two clusters do not meet. */
function addressOf(plane: ControlPlane, n: number): string {
  const port = Number(new URL(plane.url).port);
  return `127.${128 + (port >> 9)}.${(port >> 1) & 255}.${n}`;
}

/** Content of images by reference, made once for each. */
function madeImages({ root, dir }: NodeOptions): (reference: string) => Promise<string> {
  const made = new Map<string, Promise<string>>();
  return (reference) => {
    const service = /([\w-]+)(?:[:@][^/]*)?$/.exec(reference)?.[1] ?? reference;
    const out = join(dir, 'images', service);
    const image = made.get(service) ?? writeImageContent({ root, service, out }).then(() => out);
    made.set(service, image);
    return image;
  };
}

function identityOf({ metadata, spec }: Pod, container: Container, dir: string) {
  const { runAsUser: user = 0, runAsGroup: group = 0 } = spec.securityContext ?? {};
  const entryPoint = container.command ?? ['/nodejs/bin/node', '/app/main.mjs'];
  return {
    name: `${metadata.namespace}/${metadata.name}/${container.name}`,
    dir: join(dir, 'containers', metadata.uid ?? '', container.name),
    user,
    group,
    command: [...entryPoint, ...(container.args ?? [])],
  };
}

function mountsOf({ name: of, volumeMounts = [] }: Container, folders: ReadonlyMap<string, string>): Sandbox['mounts'] {
  return volumeMounts.map(({ name, mountPath: to, readOnly = false }) => {
    const from = folders.get(name);
    if (from === undefined) throw new Error(`container ${of} mounts the unknown volume ${name}`);
    return { from, to, readOnly };
  });
}

async function environmentOf(
  { plane, api }: NodeOptions,
  pod: Pod,
  { env = [] }: Container,
  address: string,
): Promise<Record<string, string>> {
  const { hostname, port } = new URL(plane.url);
  const environment: Record<string, string> = {
    NODE_ENV: 'production',
    KUBERNETES_SERVICE_HOST: hostname,
    KUBERNETES_SERVICE_PORT: port,
  };
  for (const { name, value, valueFrom } of env) {
    if (valueFrom?.fieldRef !== undefined) environment[name] = fieldOf(pod, valueFrom.fieldRef.fieldPath, address);
    else if (valueFrom?.secretKeyRef !== undefined) {
      const { name: from, key } = valueFrom.secretKeyRef;
      const { data = {} } = await api.get(secret, { namespace: pod.metadata.namespace ?? '', name: from });
      environment[name] = Buffer.from(data[key] ?? '', 'base64').toString();
    } else environment[name] = value ?? '';
  }
  return environment;
}
