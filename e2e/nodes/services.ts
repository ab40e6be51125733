import { writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { Pod, Service } from './pod.ts';

/** The annotation by which MetalLB is told the address of a Service. */
const loadBalancerAnnotation = 'metallb.io/loadBalancerIPs';

/** Where a pod answers. */
export interface Backend {
  readonly pod: Pod;
  readonly address: string;
  readonly ready: () => boolean;
}

/** Services as the cluster's network has them: names, addresses, and connections that go to pods which are ready, in turn. */
export interface ServiceNetwork {
  add(service: Service): Promise<void>;
  remove(service: Service): void;
  stop(): void;
}

interface Known {
  readonly service: Service;
  readonly close: () => void;
}

/**
 * Forwards connections on this machine, where Services have addresses of loopback.
 * @param hostsFile where pods look names up
 */
export function connectServices(hostsFile: string, backends: () => readonly Backend[]): ServiceNetwork {
  const known = new Map<string, Known>();

  const writeHosts = (): void => {
    const lines = [...known.values()].map(({ service: { metadata, spec } }) => {
      const { name, namespace } = metadata;
      return `${spec.clusterIP} ${name} ${name}.${namespace} ${name}.${namespace}.svc`;
    });
    writeFileSync(hostsFile, ['127.0.0.1 localhost', ...lines, ''].join('\n'));
  };
  const drop = (key: string): void => {
    known.get(key)?.close();
    known.delete(key);
  };
  writeHosts();

  return {
    async add(service) {
      const { clusterIP, selector, ports = [] } = service.spec;
      // The API server's own Service has no selector, and no pods.
      if (clusterIP === undefined || clusterIP === 'None' || selector === undefined) return;
      drop(keyOf(service));
      const forwarders: Forwarder[] = [];
      known.set(keyOf(service), { service, close: () => forwarders.forEach(({ close }) => close()) });
      writeHosts();
      for (const address of [clusterIP, service.metadata.annotations?.[loadBalancerAnnotation]]) {
        if (address === undefined) continue;
        for (const { port, targetPort = port } of ports) {
          let turn = 0;
          const choose = () => {
            const ready = backends().filter((backend) => backend.ready() && selects(service, backend.pod));
            const chosen = ready[turn++ % ready.length];
            return chosen && { host: chosen.address, port: portOf(chosen.pod, targetPort) };
          };
          forwarders.push(await forward({ host: address, port }, choose));
        }
      }
    },
    remove(service) {
      drop(keyOf(service));
      writeHosts();
    },
    stop: () => [...known.keys()].forEach(drop),
  };
}

interface Forwarder {
  readonly close: () => void;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

function forward(listen: Place, choose: () => Place | undefined): Promise<Forwarder> {
  const open = new Set<Socket>();
  const server: Server = createServer((caller) => {
    const place = choose();
    if (place === undefined) {
      caller.resetAndDestroy();
      return;
    }
    const pod = connect(place);
    for (const [one, other] of [
      [caller, pod],
      [pod, caller],
    ] as const) {
      open.add(one);
      one.once('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.on('error', () => undefined);
      one.pipe(other);
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, () =>
      resolve({
        close() {
          server.close();
          for (const socket of open) socket.destroy();
        },
      }),
    );
  });
}

function keyOf({ metadata: { namespace, name } }: Service): string {
  return `${namespace}/${name}`;
}

function portOf({ spec }: Pod, port: string | number): number {
  if (typeof port === 'number') return port;
  const ports = spec.containers.flatMap((container) => container.ports ?? []);
  return ports.find(({ name }) => name === port)?.containerPort ?? 0;
}

function selects({ metadata, spec: { selector = {} } }: Service, pod: Pod): boolean {
  const { labels = {}, namespace } = pod.metadata;
  return namespace === metadata.namespace && Object.entries(selector).every(([key, value]) => labels[key] === value);
}
