import { type Clock, isKubeError, type Log } from '@metal3/kube-client';
import type { RuntimePart } from '@metal3/kube-controller';
import { clusterApiVersions } from './kinds.ts';

/** A kind of Cluster API, and who is to know how it is served. */
export interface DiscoveredKind {
  readonly kind: { readonly group: string; readonly plural: string };
  readonly served: boolean;
  /** @param version undefined: not served */
  found(version: string | undefined): void;
}

export interface DiscoveryOptions {
  /** Answers a path of the API server, such as `/apis/cluster.x-k8s.io/v1beta2`. @throws KubeError */
  readonly ask: (path: string, signal: AbortSignal) => Promise<string>;
  readonly kinds: readonly DiscoveredKind[];
  readonly clock: Clock;
  readonly log: Log;
}

/** Cluster API may be installed after us; whoever installs it can wait for so long. */
const lookAgainMs = 10_000;
const retryMs = 1_000;

/**
 * Finds out which of Cluster API's kinds the API server knows, and in which version. Asked again and again while one is missing: to be
 * told of it, we would have to be allowed to read all CustomResourceDefinitions.
 */
export function discovery({ ask, kinds, clock, log }: DiscoveryOptions): RuntimePart {
  let running: Promise<void> = Promise.resolve();
  let known = false;

  const look = async (signal: AbortSignal): Promise<void> => {
    const documents = new Map<string, Promise<readonly string[]>>();
    for (const kind of kinds.filter(({ served }) => !served)) {
      const version = await servedVersion(kind.kind, (path) => {
        const answer = documents.get(path) ?? pluralsServed(ask, path, signal);
        documents.set(path, answer);
        return answer;
      });
      if (version !== undefined) log.info({ kind: kind.kind.plural, version }, 'Cluster API kind is served');
      kind.found(version);
    }
    known = true;
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && kinds.some(({ served }) => !served)) {
      let pause = lookAgainMs;
      try {
        await look(signal);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error }, 'cannot ask which kinds are served');
        pause = retryMs;
      }
      await clock.sleep(pause, signal).catch(() => {});
    }
  };

  return {
    name: 'discovery of Cluster API',
    async start(signal) {
      running = run(signal);
    },
    stop: () => running,
    ready: () => (known ? undefined : 'waiting to learn which kinds of Cluster API are served'),
  };
}

async function servedVersion(
  { group, plural }: DiscoveredKind['kind'],
  pluralsAt: (path: string) => Promise<readonly string[]>,
): Promise<string | undefined> {
  for (const version of clusterApiVersions) {
    const plurals = await pluralsAt(`/apis/${group}/${version}`);
    if (plurals.includes(plural)) return version;
  }
  return undefined;
}

/** The resources of a group and version; none if the API server does not know it. */
async function pluralsServed(
  ask: DiscoveryOptions['ask'],
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const { resources = [] } = JSON.parse(await ask(path, signal)) as { resources?: { readonly name: string }[] };
    return resources.map(({ name }) => name);
  } catch (error) {
    if (isKubeError(error, 'NotFound')) return [];
    throw error;
  }
}
