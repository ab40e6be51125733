import { setTimeout as delay } from 'node:timers/promises';
import type { KubeClient } from '@metal3/kube-client';
import { bareMetalHost, type BareMetalHost } from '@metal3/metal3-api';

/** A host as the table shows it. */
export interface HostRow {
  readonly name: string;
  readonly state: string;
  /** When this process saw it enter the state, ms since the epoch. */
  readonly since: number;
  readonly step: string;
  readonly progress: string;
  readonly power: string;
  readonly error: string;
}

/** Follows the BareMetalHosts of one namespace and what Ironic does to them. */
export interface HostBoard {
  readonly rows: () => readonly HostRow[];
  /** Resolves when the condition holds; throws with the hosts that lag behind when the time is up or `signal` aborts. */
  readonly until: (what: string, done: (hosts: readonly BareMetalHost[]) => boolean, options: Until) => Promise<void>;
  readonly close: () => Promise<void>;
}

export interface Until {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface NodeView {
  readonly name: string | null;
  readonly provision_state: string;
  readonly target_provision_state: string | null;
  readonly deploy_step: { readonly step?: string; readonly interface?: string } | null;
  readonly clean_step: { readonly step?: string; readonly interface?: string } | null;
  readonly driver_internal_info?: Readonly<Record<string, unknown>>;
}

const nodeFields = 'name,provision_state,target_provision_state,deploy_step,clean_step,driver_internal_info';

export function watchHosts(
  client: KubeClient,
  namespace: string,
  restUrl: string,
  restHeaders: Record<string, string>,
): HostBoard {
  const hosts = new Map<string, BareMetalHost>();
  const entered = new Map<string, { readonly state: string; readonly since: number }>();
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let nodes = new Map<string, NodeView>();

  const changed = () => {
    for (const listener of listeners) listener();
  };
  const remember = (host: BareMetalHost) => {
    const name = host.metadata.name ?? '';
    const state = stateOf(host);
    hosts.set(name, host);
    if (entered.get(name)?.state !== state) entered.set(name, { state, since: Date.now() });
  };
  const followHosts = async () => {
    while (!closing.signal.aborted) {
      try {
        const list = await client.list(bareMetalHost, { namespace });
        const present = new Set(list.items.map(({ metadata }) => metadata.name));
        for (const name of hosts.keys()) if (!present.has(name)) hosts.delete(name);
        list.items.forEach(remember);
        changed();
        const watch = { namespace, resourceVersion: list.resourceVersion, signal: closing.signal };
        for await (const event of client.watch(bareMetalHost, watch)) {
          if (event.type === 'BOOKMARK') continue;
          if (event.type === 'DELETED') hosts.delete(event.object.metadata.name ?? '');
          else remember(event.object);
          changed();
        }
      } catch {
        // The API server may be away for a moment, as in a test of that; the next list tells what was missed.
        await delay(500, undefined, { signal: closing.signal }).catch(() => undefined);
      }
    }
  };
  const followNodes = async () => {
    while (!closing.signal.aborted) {
      const reply = await fetch(`${restUrl}/v1/nodes?fields=${nodeFields}`, {
        headers: { 'x-openstack-ironic-api-version': '1.89', ...restHeaders },
        signal: closing.signal,
      }).catch(() => undefined);
      if (reply?.ok) {
        const body = (await reply.json()) as { nodes: NodeView[] };
        nodes = new Map(body.nodes.map((node) => [node.name ?? '', node]));
      }
      await delay(1_000, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  const following = Promise.all([followHosts(), followNodes()]);

  return {
    rows: () =>
      [...hosts.values()]
        .map((host) => {
          const name = host.metadata.name ?? '';
          return rowOf(host, entered.get(name)?.since ?? Date.now(), nodes.get(`${namespace}~${name}`));
        })
        .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true })),
    until: (what, done, { timeoutMs, signal }) =>
      new Promise((resolve, reject) => {
        const finish = (error?: Error) => {
          clearTimeout(timer);
          listeners.delete(look);
          signal.removeEventListener('abort', interrupted);
          if (error === undefined) resolve();
          else reject(error);
        };
        const look = () => void (done([...hosts.values()]) && finish());
        const interrupted = () => finish(new Error(`interrupted while waiting until ${what}`));
        const timer = setTimeout(() => {
          const states = [...hosts.values()].map((host) =>
            `${host.metadata.name}: ${stateOf(host)} ${host.status?.errorMessage ?? ''}`.trim(),
          );
          finish(new Error(`not within ${timeoutMs / 1000} s: ${what}\n  ${states.join('\n  ')}`));
        }, timeoutMs);
        signal.addEventListener('abort', interrupted, { once: true });
        listeners.add(look);
        look();
      }),
    close: async () => {
      closing.abort();
      await following;
    },
  };
}

/** The provisioning state; hosts nobody has looked at yet have none. */
export function stateOf(host: BareMetalHost): string {
  return host.status?.provisioning.state || 'new';
}

const atWork: ReadonlySet<string> = new Set([
  'registering',
  'inspecting',
  'preparing',
  'provisioning',
  'deprovisioning',
  'deleting',
]);

function rowOf(host: BareMetalHost, since: number, node: NodeView | undefined): HostRow {
  const { status } = host;
  const error = status?.errorMessage ?? '';
  return {
    name: host.metadata.name ?? '',
    state: stateOf(host),
    since,
    // What Ironic does is seen a moment later than what the host reports: a host at rest has no step.
    ...(atWork.has(stateOf(host)) ? activity(node) : { step: '', progress: '' }),
    power: status === undefined ? '-' : status.poweredOn ? 'on' : 'off',
    error: error === '' ? '' : `${status?.errorType ?? 'error'}: ${error}`,
  };
}

function activity(node: NodeView | undefined): { step: string; progress: string } {
  if (node === undefined || node.target_provision_state === null) return { step: '', progress: '' };
  const kind = node.clean_step?.step === undefined ? 'deploy' : 'clean';
  const step = kind === 'clean' ? node.clean_step : node.deploy_step;
  const info = node.driver_internal_info ?? {};
  const steps = info[`${kind}_steps`];
  const index = info[`${kind}_step_index`];
  const counted = step?.step !== undefined && Array.isArray(steps) && typeof index === 'number';
  return {
    step: step?.step === undefined ? node.provision_state : `${step.interface ?? ''}.${step.step}`,
    progress: counted ? `${index + 1}/${steps.length}` : '',
  };
}
