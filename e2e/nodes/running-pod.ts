import { setTimeout as delay } from 'node:timers/promises';
import { isKubeError, type Kubernetes } from '@metal3/kube-client';
import type { Child } from '@metal3/local-servers';
import { pods, type Container, type Pod } from './pod.ts';

/** One pod's life: its containers run, are asked whether they are ready, and start again if they must not end. */
export interface RunningPod {
  /** Settles when the pod has ended or was stopped; rejects when a container cannot be started. */
  readonly ended: Promise<void>;
  /** Whether connections to its Services may go to it. */
  readonly ready: () => boolean;
  /** The last words of containers that ended although they were to go on. */
  readonly restarts: () => readonly string[];
  readonly logs: (lines: number) => string;
  readonly stop: () => Promise<void>;
}

export interface PodOptions {
  readonly pod: Pod;
  readonly address: string;
  readonly api: Kubernetes;
  readonly start: (container: Container) => Child;
}

interface ContainerState {
  readonly container: Container;
  child: Child;
  ready: boolean;
  readonly lastWords: string[];
  exitCode?: number;
}

const lookEveryMs = 100;
const backOffMs = 1_000;

export function runPod({ pod, address, api, start }: PodOptions): RunningPod {
  const stopping = new AbortController();
  const key = { namespace: pod.metadata.namespace ?? '', name: pod.metadata.name ?? '' };
  const states = pod.spec.containers.map((container): ContainerState => ({
    container,
    child: start(container),
    ready: false,
    lastWords: [],
  }));
  const startedAt = new Date().toISOString();
  let told = '';

  const look = async (state: ContainerState): Promise<void> => {
    const { container, child } = state;
    if (child.running()) {
      state.ready = await isReady(container, address);
      return;
    }
    state.ready = false;
    if (pod.spec.restartPolicy !== 'Always') {
      state.exitCode = (await child.exited).code ?? 137;
      return;
    }
    state.lastWords.push(`== ${child.name} ended with code ${(await child.exited).code}\n${child.logTail(15)}`);
    await delay(backOffMs, undefined, { signal: stopping.signal });
    state.child = start(container);
  };
  const tell = async (): Promise<void> => {
    const status = statusOf(states, address, startedAt);
    const text = JSON.stringify(status);
    if (text === told) return;
    try {
      await api.patchStatus(pods, key, { type: 'merge', body: { status } });
      told = text;
    } catch (error) {
      // Deleted meanwhile: its end will be told.
      if (!isKubeError(error, 'NotFound')) throw error;
    }
  };
  const live = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      for (const state of states) await look(state);
      await tell();
      if (states.every(({ exitCode }) => exitCode !== undefined)) return;
      await delay(lookEveryMs, undefined, { signal: stopping.signal });
    }
  };
  const ended = live().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });

  return {
    ended,
    ready: () => !stopping.signal.aborted && states.every(({ ready }) => ready),
    restarts: () => states.flatMap(({ lastWords }) => lastWords),
    logs: (lines) => states.map(({ child }) => `== ${child.name}\n${child.logTail(lines)}`).join('\n'),
    async stop() {
      stopping.abort();
      await ended.catch(() => undefined);
      await Promise.all(states.map(({ child }) => child.stop({ graceMs: 10_000 })));
    },
  };
}

async function isReady({ readinessProbe, ports = [] }: Container, address: string): Promise<boolean> {
  const probe = readinessProbe?.httpGet;
  if (probe === undefined) return true;
  const port =
    typeof probe.port === 'number' ? probe.port : ports.find(({ name }) => name === probe.port)?.containerPort;
  try {
    return (await fetch(`http://${address}:${port}${probe.path}`, { signal: AbortSignal.timeout(5_000) })).ok;
  } catch {
    return false;
  }
}

function statusOf(states: readonly ContainerState[], address: string, startTime: string): object {
  const ended = states.every(({ exitCode }) => exitCode !== undefined);
  const well = states.every(({ exitCode }) => exitCode === 0);
  const ready = !ended && states.every((state) => state.ready);
  const conditions = ['Initialized', 'PodScheduled', 'ContainersReady', 'Ready'].map((type) => ({
    type,
    status: ready || type === 'Initialized' || type === 'PodScheduled' ? 'True' : 'False',
    lastTransitionTime: startTime,
  }));
  return {
    phase: ended ? (well ? 'Succeeded' : 'Failed') : 'Running',
    startTime,
    podIP: address,
    podIPs: [{ ip: address }],
    conditions,
    containerStatuses: states.map(({ container, lastWords, exitCode, ...state }) => ({
      name: container.name,
      image: container.image,
      imageID: container.image,
      ready: state.ready,
      started: true,
      restartCount: lastWords.length,
      state: exitCode === undefined ? { running: { startedAt: startTime } } : { terminated: { exitCode } },
    })),
  };
}
