import { writeFileSync } from 'node:fs';
import type { Pod, Service } from './pod.ts';

/** The annotation by which MetalLB is told the address of a Service. */
const loadBalancerAnnotation = 'metallb.io/loadBalancerIPs';

/**
 * Who is reached where, when pods share this machine's network: every address is one of loopback. The first pod of a Service has the
 * Service's own address, so that no packet needs to be rewritten; all others have one each.
 */
export interface Addresses {
  /** Takes note of a Service, and of its names in the file of hosts. */
  add(service: Service): void;
  /** The pod's address, the same as long as it lives. */
  of(pod: Pod): string;
  release(pod: Pod): void;
}

export function pickAddresses(hostsFile: string): Addresses {
  const known = new Map<string, Service>();
  const taken = new Map<string, string>();
  let others = 0;

  const writeHosts = (): void => {
    const lines = [...known.values()].map((service) => {
      const { name, namespace } = service.metadata;
      return `${addressOf(service)} ${name} ${name}.${namespace} ${name}.${namespace}.svc`;
    });
    writeFileSync(hostsFile, ['127.0.0.1 localhost', ...lines, ''].join('\n'));
  };
  writeHosts();

  return {
    add(service) {
      known.set(`${service.metadata.namespace}/${service.metadata.name}`, service);
      writeHosts();
    },
    of(pod) {
      const uid = pod.metadata.uid ?? '';
      const present = taken.get(uid);
      if (present !== undefined) return present;
      const used = new Set(taken.values());
      const service = [...known.values()].find((one) => selects(one, pod) && !used.has(addressOf(one)));
      const address =
        service === undefined ? `127.78.${Math.floor(++others / 250)}.${others % 250}` : addressOf(service);
      taken.set(uid, address);
      return address;
    },
    release: (pod) => void taken.delete(pod.metadata.uid ?? ''),
  };
}

function addressOf({ metadata: { annotations = {} }, spec: { clusterIP = '' } }: Service): string {
  return annotations[loadBalancerAnnotation] ?? clusterIP;
}

function selects({ metadata, spec: { selector = {} } }: Service, pod: Pod): boolean {
  const wanted = Object.entries(selector);
  const { labels = {}, namespace } = pod.metadata;
  return wanted.length > 0 && namespace === metadata.namespace && wanted.every(([key, value]) => labels[key] === value);
}
