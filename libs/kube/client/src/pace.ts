import type { Clock } from './clock.ts';
import type { CallOptions } from './port.ts';
import type { Kubernetes } from './rest/rest-client.ts';

export interface Pace {
  /** Calls a second; 0 for as many as the API server takes. */
  readonly qps: number;
  /** Calls that may come at once after a time without any. */
  readonly burst: number;
}

/**
 * A client that starts no more calls than it is allowed; the others wait their turn. Watches count when they are opened. Without a pace it is
 * the same client: API servers protect themselves (priority and fairness), and better than each of their callers can.
 */
export function paced(client: Kubernetes, { qps, burst }: Pace, clock: Clock): Kubernetes {
  if (qps === 0) return client;
  const turn = turns(qps, burst, clock);
  const after =
    <Args extends readonly unknown[], Answer>(optionsAt: number, call: (...args: Args) => Promise<Answer>) =>
    async (...args: Args): Promise<Answer> => {
      await turn((args[optionsAt] as CallOptions | undefined)?.signal);
      return call(...args);
    };
  return {
    namespace: client.namespace,
    get: after(2, client.get) as Kubernetes['get'],
    find: after(2, client.find) as Kubernetes['find'],
    list: after(1, client.list) as Kubernetes['list'],
    create: after(2, client.create) as Kubernetes['create'],
    replace: after(2, client.replace) as Kubernetes['replace'],
    patch: after(3, client.patch) as Kubernetes['patch'],
    patchStatus: after(3, client.patchStatus) as Kubernetes['patchStatus'],
    delete: after(2, client.delete) as Kubernetes['delete'],
    async *watch(kind, options) {
      await turn(options?.signal);
      yield* client.watch(kind, options);
    },
    text: after(1, client.text),
    close: () => client.close(),
  };
}

/** Each call of the function takes a turn, and resolves when it has come. */
function turns(qps: number, burst: number, clock: Clock): (signal: AbortSignal | undefined) => Promise<void> {
  const everyMs = 1_000 / qps;
  /** When the next turn would be if none were saved up. */
  let next = Number.NEGATIVE_INFINITY;
  return async (signal) => {
    const now = clock.monotonic();
    next = Math.max(next, now - Math.max(0, burst - 1) * everyMs);
    const wait = next - now;
    next += everyMs;
    if (wait > 0) await clock.sleep(Math.ceil(wait), signal);
  };
}
