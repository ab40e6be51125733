import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  type ConfigMap,
  configMap,
  connectKubernetes,
  type KubeClient,
  KubeError,
  type Kubernetes,
  readKubeConfig,
  silentLog,
} from '@metal3/kube-client';
import { type ControlPlane, startControlPlane } from '@metal3/local-servers';
import { systemClock } from '@metal3/service';
import { eventually } from '@metal3/testing';
import { cachedClient, changesOf, controller, LeadershipLost, whileLeading } from './index.ts';

const now = () => Date.now();
const stop = new AbortController();
let plane: ControlPlane;
let server: Kubernetes;

beforeAll(async () => {
  plane = await startControlPlane({ enableControllerManager: false });
  server = connect();
}, 120_000);
afterAll(async () => {
  stop.abort();
  await server?.close();
  await plane?.stop();
});

const connect = () =>
  connectKubernetes(readKubeConfig(plane.kubeconfigPath, { env: {}, now }), { userAgent: 'faults-test', now });
const object = (name: string, value = '0') => ({ metadata: { namespace: 'default', name }, data: { value } });
const set = (name: string, value: string) =>
  server.patch(configMap, { namespace: 'default', name }, { type: 'merge', body: { data: { value } } });
const valueIn = (find: (key: { namespace: string; name: string }) => ConfigMap | undefined, name: string) =>
  find({ namespace: 'default', name })?.data?.['value'];

/** A cache and a controller as services have them, and the values that passes have seen. */
function follow(client: KubeClient): { value: (name: string) => string | undefined; seen: Map<string, string[]> } {
  const kube = cachedClient(client, { clock: systemClock });
  const cache = kube.cache(configMap, { namespace: 'default' });
  const seen = new Map<string, string[]>();
  const looking = controller({
    name: 'looking',
    watches: [changesOf(cache)],
    reconcile: (key) => {
      const value = valueIn((one) => cache.find(one), key.name) ?? 'gone';
      seen.set(key.name, [...(seen.get(key.name) ?? []), value]);
      return Promise.resolve();
    },
    clock: systemClock,
    log: silentLog,
  });
  void kube.run(stop.signal);
  void looking.run(stop.signal);
  return { value: (name) => valueIn((key) => cache.find(key), name), seen };
}

test('loses no change when every connection is cut', async () => {
  const own = connect();
  const { value, seen } = follow(own);
  await server.create(configMap, object('cut'));
  await eventually(() => value('cut'));
  await own.close();
  await set('cut', '1');
  await server.create(configMap, object('made-meanwhile'));
  await eventually(() => value('cut') === '1' && value('made-meanwhile') === '0');
  await eventually(() => seen.get('cut')?.at(-1) === '1');
});

test('lists again when the server no longer knows where the watch stopped, and tells what went meanwhile', async () => {
  let forget = false;
  let lists = 0;
  const breakWatch = Promise.withResolvers<void>();
  const forgetful: KubeClient = {
    ...server,
    list: (kind, options) => {
      lists += 1;
      return server.list(kind, options);
    },
    async *watch(kind, options) {
      if (forget) {
        forget = false;
        throw new KubeError('Gone', 'too old resource version', { status: 410 });
      }
      for await (const event of server.watch(kind, options)) {
        yield event;
        if (event.type !== 'BOOKMARK' && event.object.metadata.name === 'last-seen') await breakWatch.promise;
        if (event.type !== 'BOOKMARK' && event.object.metadata.name === 'last-seen') return;
      }
    },
  };
  await server.create(configMap, object('doomed'));
  const { value, seen } = follow(forgetful);
  await eventually(() => value('doomed'));
  await server.create(configMap, object('last-seen'));
  await eventually(() => value('last-seen'));
  forget = true;
  await server.delete(configMap, { namespace: 'default', name: 'doomed' });
  await set('cut', '2');
  breakWatch.resolve();
  await eventually(() => value('doomed') === undefined && value('cut') === '2');
  await eventually(() => seen.get('doomed')?.at(-1) === 'gone');
  expect(lists).toBe(2);
});

test('goes on where it was when the API server has been started anew', async () => {
  const { value, seen } = follow(connect());
  await server.create(configMap, object('kept'));
  await eventually(() => value('kept'));
  await plane.stopApiServer();
  expect(value('kept')).toBe('0');
  // Long enough for several tries to connect.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await plane.startApiServer();
  await eventually(() => set('kept', '1').catch(() => undefined), { timeoutMs: 60_000 });
  await eventually(() => value('kept') === '1' && seen.get('kept')?.at(-1) === '1', {
    timeoutMs: 60_000,
  });
}, 180_000);

test('a leader that cannot renew stops leading, and another takes over when the server is back', async () => {
  const leaders: string[] = [];
  const candidate = (identity: string) =>
    whileLeading(
      {
        client: connect(),
        namespace: 'default',
        name: 'faults',
        identity,
        clock: systemClock,
        log: silentLog,
        leaseMs: 4_000,
        renewMs: 2_500,
        retryMs: 500,
      },
      async (signal) => {
        leaders.push(identity);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        leaders.splice(leaders.indexOf(identity), 1);
      },
      stop.signal,
    ).catch((error: unknown) => error);
  const first = candidate('first');
  await eventually(() => leaders[0]);
  await plane.stopApiServer();
  expect(await first).toBeInstanceOf(LeadershipLost);
  expect(leaders).toEqual([]);
  await plane.startApiServer();
  void candidate('second');
  await eventually(() => leaders[0]);
  expect(leaders).toEqual(['second']);
}, 120_000);
