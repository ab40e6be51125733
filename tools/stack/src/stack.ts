import { existsSync } from 'node:fs';
import { connectKubernetes, customResourceDefinition, readKubeConfig, type Kubernetes } from '@metal3/kube-client';
import { freePort, startControlPlane, startRedis, type Child } from '@metal3/local-servers';
import { bundleServices } from './bundle.ts';
import { leaveFootprint, type Footprint } from './footprint.ts';
import { reachableAt } from './listen-address.ts';
import { applyCustomResourceDefinitions } from './custom-resource-definitions.ts';
import {
  fleetProgram,
  ironicHalf,
  serviceNames,
  serviceProgram,
  type Overrides,
  type Ports,
  type ServiceName,
  type Wiring,
} from './programs.ts';
import { createSupervisor } from './supervisor.ts';

/** What is to be started. */
export interface StackRequest {
  readonly root: string;
  /** Folder of this run; the caller removes it. */
  readonly dir: string;
  readonly hosts: number;
  readonly namespace: string;
  readonly services?: readonly ServiceName[];
  /** An existing cluster instead of one of our own. */
  readonly kubeconfig?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** A PostgreSQL URL; SQLite when left out. */
  readonly postgresUrl?: string | undefined;
  readonly restPort?: number | undefined;
  readonly htpasswdFile?: string | undefined;
  readonly listen?: string;
  readonly timeScale?: number;
  /** Seconds between heartbeats of an agent with nothing new to say. Default 10. */
  readonly heartbeatInterval?: number;
  readonly logLevel?: string;
  /** Machines that are told to boot from the network find pxe-server there. */
  readonly networkBoot?: boolean;
  /** RAID controllers of the machines, dealt out in turn, as `--raid` of the fleet takes them. Default: none. */
  readonly raid?: string;
  readonly overrides?: Overrides | undefined;
  /** The API server records every write in this file (see `startControlPlane`). */
  readonly auditFile?: string | undefined;
  /** Ends a start that is under way: everything started so far is stopped, and `startStack` rejects. */
  readonly signal?: AbortSignal | undefined;
  /** Gets a line for everything worth knowing. */
  readonly say?: (line: string) => void;
}

/** A running stack. */
export interface Stack {
  readonly restUrl: string;
  /** Control API, BMCs and files of the simulated machines; undefined without machines. */
  readonly fleetUrl: string | undefined;
  readonly bootMediaUrl: string;
  readonly redisUrl: string;
  /** Undefined with only the Ironic half. */
  readonly kubernetes: Kubernetes | undefined;
  readonly kubeconfigPath: string | undefined;
  /** Whether the cluster has Cluster API's kinds. Without them capm3 does not run. */
  readonly clusterApi: boolean;
  readonly ports: Ports;
  readonly logDir: string;
  /** The process of a service or the fleet, which a fault test may kill: it comes back. */
  readonly process: (name: ServiceName | 'fleet') => Child | undefined;
  readonly controlPlane:
    { readonly stopApiServer: () => Promise<void>; readonly startApiServer: () => Promise<void> } | undefined;
  readonly redis: { readonly stop: () => Promise<void>; readonly start: () => Promise<void> } | undefined;
  /** How often a program ended by itself and was started again. */
  readonly restarts: () => number;
  /** Process ids by name, for measurements. */
  readonly pids: () => Readonly<Record<string, number>>;
  readonly stop: () => Promise<void>;
}

/** Starts control plane, Redis, fleet and services; resolves when all are ready. On failure everything started is stopped again. */
export async function startStack(request: StackRequest): Promise<Stack> {
  const { root, dir, namespace, listen = '127.0.0.1', say = () => undefined } = request;
  const wanted = (request.services ?? serviceNames).filter((name) => existsSync(`${root}/apps/${name}/src/main.ts`));
  const needsKubernetes = wanted.some((name) => !ironicHalf.includes(name));
  const logDir = `${dir}/logs`;
  const reachable = reachableAt(listen);
  const ports = await choosePorts(request.restPort);
  const supervisor = createSupervisor({ logDir, say });
  const stops: (() => Promise<void>)[] = [];
  let footprint: Footprint<Kubernetes> | undefined;
  const stop = async () => {
    // While the services run: they let go of what is deleted.
    if (footprint !== undefined && footprint.size() > 0) {
      say('deleting what was applied to your cluster');
      await footprint
        .takeBack({ timeoutMs: 60_000 + 1_000 * request.hosts })
        .catch((error: unknown) => say(String(error)));
    }
    await supervisor.stop();
    for (const end of stops.splice(0).reverse()) await end();
  };
  const interrupt = () => void supervisor.stop();
  request.signal?.addEventListener('abort', interrupt, { once: true });

  const redisPart = async () => {
    if (request.redisUrl !== undefined) return { url: request.redisUrl, control: undefined };
    let redis = await startRedis({ dir: `${dir}/redis` });
    stops.push(() => redis.stop());
    const { url, port } = redis;
    const start = async () => {
      redis = await startRedis({ dir: `${dir}/redis`, port });
    };
    return { url, control: { stop: () => redis.stop(), start } };
  };

  const kubernetesPart = async () => {
    if (!needsKubernetes) return undefined;
    const given = request.kubeconfig;
    const plane =
      given === undefined
        ? await startControlPlane({ dir: `${dir}/control-plane`, auditFile: request.auditFile, report: say })
        : undefined;
    if (plane !== undefined) stops.push(plane.stop);
    request.signal?.throwIfAborted();
    const kubeconfigPath = given ?? plane?.kubeconfigPath ?? '';
    const access = readKubeConfig(kubeconfigPath, { env: process.env, now: Date.now });
    const connection = connectKubernetes(access, { userAgent: 'metal3-stack/0.1.0', now: Date.now });
    stops.push(() => connection.close());
    if (plane === undefined) {
      const left = await leaveFootprint(connection, namespace);
      footprint = left;
      stops.push(async () => {
        const stay = await left.clearAway({ timeoutMs: 60_000 });
        if (stay.length > 0) say(`these stay in your cluster: ${stay.join('; ')}`);
      });
    }
    const client = footprint?.client ?? connection;
    await applyCustomResourceDefinitions(client, root, plane === undefined ? 'shared' : 'own');
    await ensureNamespace(client, namespace);
    const clusterApi = await knowsClusterApi(client);
    if (!clusterApi)
      say('Cluster API is not installed in this cluster: capm3 is left out, hosts get their images directly');
    const kubeconfigFor = async (service: string) => plane?.kubeconfigFor(service) ?? kubeconfigPath;
    return { client, plane, kubeconfigPath, kubeconfigFor, clusterApi };
  };

  const fleetPart = async () => {
    if (request.hosts === 0) return undefined;
    const port = await freePort();
    await supervisor.start(
      fleetProgram({
        root,
        listen,
        port,
        hosts: request.hosts,
        timeScale: request.timeScale ?? 0.01,
        heartbeatInterval: request.heartbeatInterval ?? 10,
        pxeUrl:
          request.networkBoot === true ? `http://${reachable}:${ports.bootMedia}/ipxe/{mac}/boot.ipxe` : undefined,
        raid: request.raid,
      }),
    );
    return `http://${reachable}:${port}`;
  };

  try {
    const parts = await Promise.allSettled([
      redisPart(),
      kubernetesPart(),
      fleetPart(),
      bundleServices(root, wanted, `${dir}/programs`),
    ] as const);
    request.signal?.throwIfAborted();
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
    const [redis, kubernetes, fleetUrl, bundles] = parts.map(
      (part) => (part as PromiseFulfilledResult<unknown>).value,
    ) as [
      Awaited<ReturnType<typeof redisPart>>,
      Awaited<ReturnType<typeof kubernetesPart>>,
      Awaited<ReturnType<typeof fleetPart>>,
      string,
    ];
    const wiring: Wiring = {
      root,
      dir,
      bundles,
      listen,
      reachable,
      logLevel: request.logLevel ?? 'info',
      redisUrl: redis.url,
      storeUrl: request.postgresUrl ?? `sqlite:${dir}/ironic.sqlite`,
      auth:
        request.htpasswdFile === undefined
          ? { strategy: 'noauth' }
          : { strategy: 'http_basic', htpasswdFile: request.htpasswdFile },
      ports,
      hosts: request.hosts,
      overrides: request.overrides,
      filesUrl: fleetUrl === undefined ? undefined : `${fleetUrl}/files`,
      kubernetes:
        kubernetes === undefined
          ? undefined
          : {
              kubeconfigFor: kubernetes.kubeconfigFor,
              namespace,
              onThisMachine: kubernetes.plane !== undefined,
            },
    };
    const started = wanted.filter((name) => name !== 'capm3' || kubernetes?.clusterApi === true);
    const programs = await Promise.all(started.map((name) => serviceProgram(name, wiring)));
    const outcomes = await Promise.allSettled(programs.map((program) => supervisor.start(program)));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    request.signal?.removeEventListener('abort', interrupt);
    return {
      restUrl: `http://${reachable}:${ports.rest}`,
      fleetUrl,
      bootMediaUrl: `http://${reachable}:${ports.bootMedia}`,
      redisUrl: redis.url,
      kubernetes: kubernetes?.client,
      kubeconfigPath: kubernetes?.kubeconfigPath,
      clusterApi: kubernetes?.clusterApi ?? false,
      ports,
      logDir,
      process: supervisor.child,
      controlPlane: kubernetes?.plane,
      redis: redis.control,
      restarts: supervisor.restarts,
      pids: () => ({
        ...Object.fromEntries([...started, 'fleet'].map((name) => [name, supervisor.child(name)?.pid ?? 0])),
        ...kubernetes?.plane?.pids(),
      }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function choosePorts(restPort: number | undefined): Promise<Ports> {
  const each = async () =>
    Object.fromEntries(await Promise.all(serviceNames.map(async (name) => [name, await freePort()] as const)));
  return {
    rest: restPort ?? (await freePort()),
    bootMedia: await freePort(),
    grpc: (await each()) as Record<ServiceName, number>,
    health: (await each()) as Record<ServiceName, number>,
  };
}

async function ensureNamespace(client: Kubernetes, name: string): Promise<void> {
  const kind = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false };
  if ((await client.find(kind, { name })) === undefined) await client.create(kind, { metadata: { name } });
}

async function knowsClusterApi(client: Kubernetes): Promise<boolean> {
  return (await client.find(customResourceDefinition, { name: 'machines.cluster.x-k8s.io' })) !== undefined;
}
