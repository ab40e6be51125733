import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  connectKubernetes,
  isKubeError,
  type KubeClient,
  type KubeErrorCode,
  type NewObject,
  readKubeConfig,
  secret,
  type WatchEvent,
} from '@metal3/kube-client';
import { testControlPlane } from '@metal3/local-servers';
import { ipClaim, type IPClaim } from '@metal3/metal3-api';
import { memoryKubernetes } from './index.ts';

interface Server {
  readonly client: KubeClient;
  readonly namespace: string;
  close(): Promise<void>;
}

const servers: Record<string, () => Promise<Server>> = {
  'in memory': () => Promise.resolve({ client: memoryKubernetes(), namespace: 'test', close: () => Promise.resolve() }),
  'kube-apiserver': async () => {
    const { kubeconfigPath, namespace } = await testControlPlane();
    const access = readKubeConfig(kubeconfigPath, { env: {}, now: Date.now });
    const client = connectKubernetes(access, { userAgent: 'metal3-conformance/0', now: Date.now });
    return { client, namespace, close: () => client.close() };
  },
};

describe.each(Object.keys(servers))('a Kubernetes API %s', (name) => {
  let client: KubeClient;
  let namespace: string;
  let close: () => Promise<void>;

  beforeAll(async () => {
    const start = servers[name];
    if (start === undefined) throw new Error(name);
    ({ client, namespace, close } = await start());
  });
  afterAll(() => close());

  const claim = (claimName: string, metadata: IPClaim['metadata'] = {}) => ({
    metadata: { name: claimName, namespace, ...metadata },
    spec: { pool: { name: 'pool' } },
  });
  const make = (claimName: string, metadata: IPClaim['metadata'] = {}) =>
    client.create(ipClaim, claim(claimName, metadata));
  const merge = (claimName: string, body: object) =>
    client.patch(ipClaim, { namespace, name: claimName }, { type: 'merge', body });
  const get = (claimName: string) => client.get(ipClaim, { namespace, name: claimName });

  test('fills in what a new object lacks, and ignores its status', async () => {
    const given = { ...claim('new'), status: { errorMessage: 'no' } };
    const made = await client.create(ipClaim, given);
    expect(made).toMatchObject({
      apiVersion: 'ipam.metal3.io/v1alpha1',
      kind: 'IPClaim',
      spec: { pool: { name: 'pool' } },
    });
    expect(made.metadata).toMatchObject({ name: 'new', namespace, generation: 1 });
    expect(made.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(made.metadata.resourceVersion).toMatch(/^\d+$/);
    expect(made.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(made.status).toBeUndefined();
  });

  test('reads an empty spec where an object was stored without one, as schemas allow', async () => {
    const metadata = { name: 'specless', namespace, labels: { specless: 'yes' } };
    const { spec } = await client.create(ipClaim, { metadata } as unknown as NewObject<IPClaim>);
    expect(spec).toEqual({ pool: {} });
    expect((await get('specless')).spec).toEqual({ pool: {} });
    const { items } = await client.list(ipClaim, { namespace, labelSelector: 'specless=yes' });
    expect(items.map((item) => item.spec)).toEqual([{ pool: {} }]);
    const [event] = await collect(client.watch(ipClaim, { namespace, labelSelector: 'specless=yes' }), 1);
    expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'specless' }, spec: { pool: {} } } });
    expect((await merge('specless', { metadata: { labels: { a: 'b' } } })).spec).toEqual({ pool: {} });
  });

  test('makes up a name from generateName', async () => {
    const { name: _name, ...metadata } = claim('').metadata;
    const made = await client.create(ipClaim, { ...claim(''), metadata: { ...metadata, generateName: 'made-' } });
    expect(made.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
  });

  test('refuses a second object of one name, one without a name, and one that has a version', async () => {
    await make('twice');
    expect(await codeOf(make('twice'))).toBe('AlreadyExists');
    expect(await codeOf(client.create(ipClaim, { metadata: { namespace }, spec: { pool: { name: 'p' } } }))).toBe(
      'Invalid',
    );
    expect(await codeOf(make('versioned', { resourceVersion: '7' }))).toBe('Internal');
  });

  test('tells absent objects apart from failures', async () => {
    expect(await codeOf(get('absent'))).toBe('NotFound');
    expect(await client.find(ipClaim, { namespace, name: 'absent' })).toBeUndefined();
    expect(await codeOf(merge('absent', {}))).toBe('NotFound');
    expect(await codeOf(client.delete(ipClaim, { namespace, name: 'absent' }))).toBe('NotFound');
  });

  test('replaces an object only at the version it was read', async () => {
    const first = await make('replaced');
    const second = await client.replace(ipClaim, { ...first, metadata: { ...first.metadata, labels: { by: 'one' } } });
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    expect(
      await codeOf(client.replace(ipClaim, { ...first, metadata: { ...first.metadata, labels: { by: 'two' } } })),
    ).toBe('Conflict');
    expect((await get('replaced')).metadata.labels).toEqual({ by: 'one' });
  });

  test('removes by null and replaces lists whole in a merge patch', async () => {
    await make('merged', { labels: { a: '1', b: '2' }, finalizers: ['test/one', 'test/two'] });
    const patched = await merge('merged', { metadata: { labels: { a: null, c: '3' }, finalizers: ['test/three'] } });
    expect(patched.metadata.labels).toEqual({ b: '2', c: '3' });
    expect(patched.metadata.finalizers).toEqual(['test/three']);
    await merge('merged', { metadata: { finalizers: null } });
  });

  test('holds a merge patch to the version it names', async () => {
    const { metadata } = await make('conditional');
    const body = (by: string) => ({ metadata: { resourceVersion: metadata.resourceVersion, labels: { by } } });
    await merge('conditional', body('one'));
    expect(await codeOf(merge('conditional', body('two')))).toBe('Conflict');
  });

  test('lets one of many claimers win', async () => {
    const { metadata } = await make('contended');
    const tries = await Promise.allSettled(
      ['a', 'b', 'c', 'd', 'e'].map((by) =>
        merge('contended', { metadata: { resourceVersion: metadata.resourceVersion, labels: { by } } }),
      ),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('changes neither version nor generation when a patch changes nothing', async () => {
    const before = await make('same', { labels: { a: '1' } });
    const after = await merge('same', { metadata: { labels: { a: '1' } } });
    expect(after.metadata).toMatchObject({ resourceVersion: before.metadata.resourceVersion, generation: 1 });
  });

  test('counts generations for changes of the spec, not of metadata or status', async () => {
    await make('counted');
    expect((await merge('counted', { metadata: { labels: { a: '1' } } })).metadata.generation).toBe(1);
    const key = { namespace, name: 'counted' };
    const status = await client.patchStatus(ipClaim, key, { type: 'merge', body: { status: { errorMessage: 'x' } } });
    expect(status.metadata.generation).toBe(1);
    const replaced = { ...status, spec: { pool: { name: 'pool', namespace } } };
    expect((await client.replace(ipClaim, replaced)).metadata.generation).toBe(2);
  });

  test('keeps status and the rest apart', async () => {
    await make('halves');
    const key = { namespace, name: 'halves' };
    const both = { metadata: { labels: { a: '1' } }, status: { errorMessage: 'broken' } };
    const main = await client.patch(ipClaim, key, { type: 'merge', body: both });
    expect([main.metadata.labels, main.status]).toEqual([{ a: '1' }, undefined]);
    const status = await client.patchStatus(ipClaim, key, {
      type: 'merge',
      body: { spec: { pool: { name: 'other' } }, status: { errorMessage: 'broken' } },
    });
    expect([status.spec.pool.name, status.status]).toEqual(['pool', { errorMessage: 'broken' }]);
    const replaced = await client.replace(ipClaim, { ...status, status: { errorMessage: 'ignored' } });
    expect(replaced.status).toEqual({ errorMessage: 'broken' });
  });

  test('carries out a JSON patch, and refuses one whose test fails', async () => {
    await make('json', { labels: { a: '1' } });
    const key = { namespace, name: 'json' };
    const patch = (value: string) => ({
      type: 'json' as const,
      operations: [
        // A field that is not there is null.
        { op: 'test' as const, path: '/metadata/labels/b', value: null },
        { op: 'test' as const, path: '/metadata/labels/a', value },
        { op: 'replace' as const, path: '/metadata/labels/a', value: '2' },
      ],
    });
    expect((await client.patch(ipClaim, key, patch('1'))).metadata.labels).toEqual({ a: '2' });
    expect(await codeOf(client.patch(ipClaim, key, patch('1')))).toBe('Invalid');
  });

  test('creates, changes and drops fields by apply', async () => {
    const key = { namespace, name: 'applied' };
    const apply = (labels: Record<string, string>) =>
      client.patch(ipClaim, key, {
        type: 'apply',
        fieldManager: 'conformance',
        body: { metadata: { labels }, spec: { pool: { name: 'pool' } } },
      });
    expect((await apply({ a: '1', b: '2' })).metadata.labels).toEqual({ a: '1', b: '2' });
    expect((await apply({ b: '3' })).metadata.labels).toEqual({ b: '3' });
  });

  test('deletes at once without finalizers', async () => {
    await make('gone');
    expect(await client.delete(ipClaim, { namespace, name: 'gone' })).toBeUndefined();
    expect(await client.find(ipClaim, { namespace, name: 'gone' })).toBeUndefined();
  });

  test('keeps a deleted object until its last finalizer is taken off', async () => {
    await make('held', { finalizers: ['test/one', 'test/two'] });
    const key = { namespace, name: 'held' };
    const held = await client.delete(ipClaim, key);
    expect(held?.metadata).toMatchObject({
      deletionGracePeriodSeconds: 0,
      generation: 2,
      finalizers: ['test/one', 'test/two'],
    });
    expect(held?.metadata.deletionTimestamp).toBeDefined();
    const again = await client.delete(ipClaim, key);
    expect(again?.metadata.resourceVersion).toBe(held?.metadata.resourceVersion);
    expect(await codeOf(merge('held', { metadata: { finalizers: ['test/one', 'test/new'] } }))).toBe('Invalid');
    expect((await merge('held', { metadata: { finalizers: ['test/two'] } })).metadata.deletionTimestamp).toBeDefined();
    const last = await merge('held', { metadata: { finalizers: null } });
    expect([last.metadata.deletionTimestamp === undefined, last.metadata.finalizers]).toEqual([false, undefined]);
    expect(await client.find(ipClaim, key)).toBeUndefined();
  });

  test('deletes only what the preconditions name', async () => {
    const { metadata } = await make('precise');
    const key = { namespace, name: 'precise' };
    expect(await codeOf(client.delete(ipClaim, key, { preconditions: { uid: '0000' } }))).toBe('Conflict');
    expect(await codeOf(client.delete(ipClaim, key, { preconditions: { resourceVersion: '1' } }))).toBe('Conflict');
    await client.delete(ipClaim, key, {
      preconditions: { uid: metadata.uid, resourceVersion: metadata.resourceVersion },
    });
    expect(await client.find(ipClaim, key)).toBeUndefined();
  });

  test('checks but stores nothing in a dry run', async () => {
    await client.create(ipClaim, claim('dry'), { dryRun: true });
    expect(await client.find(ipClaim, { namespace, name: 'dry' })).toBeUndefined();
  });

  test('lists by namespace, label and name, page by page', async () => {
    for (const [at, tier] of ['x', 'y', 'x', 'y', 'x'].entries())
      await make(`listed-${at}`, { labels: { tier, set: 'list' } });
    const names = async (options: object) =>
      (await client.list(ipClaim, { namespace, ...options })).items.map(({ metadata }) => metadata.name);
    expect(await names({ labelSelector: 'tier=x,set=list' })).toEqual(['listed-0', 'listed-2', 'listed-4']);
    expect(await names({ labelSelector: 'set in (list, other), tier!=x' })).toEqual(['listed-1', 'listed-3']);
    expect(await names({ labelSelector: 'set,!tier' })).toEqual([]);
    expect(await names({ fieldSelector: 'metadata.name=listed-3' })).toEqual(['listed-3']);
    expect((await client.list(ipClaim, { namespace: 'elsewhere' })).items).toEqual([]);

    const first = await client.list(ipClaim, { namespace, labelSelector: 'set=list', limit: 3 });
    expect(first.items).toHaveLength(3);
    await make('listed-9', { labels: { set: 'list' } });
    const rest = await client.list(ipClaim, {
      namespace,
      labelSelector: 'set=list',
      limit: 3,
      continue: first.continue,
    });
    expect(rest.items.slice(0, 2).map(({ metadata }) => metadata.name)).toEqual(['listed-3', 'listed-4']);
    expect(rest.continue ?? '').toBe('');
    expect(rest.resourceVersion).toBe(first.resourceVersion);
  });

  test('tells a watch what happened after a version, and only what it selects', async () => {
    const { resourceVersion } = await client.list(ipClaim, { namespace });
    await make('seen', { labels: { watch: 'yes' } });
    await make('unseen');
    await merge('seen', { metadata: { annotations: { a: '1' } } });
    await merge('seen', { metadata: { labels: { watch: 'no' } } });
    await merge('seen', { metadata: { labels: { watch: 'yes' } } });
    await client.delete(ipClaim, { namespace, name: 'seen' });
    const events = await collect(client.watch(ipClaim, { namespace, labelSelector: 'watch=yes', resourceVersion }), 5);
    expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED', 'DELETED']);
    const versions = events.map((event) =>
      event.type === 'BOOKMARK' ? 0 : Number(event.object.metadata.resourceVersion),
    );
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
  });

  test('begins a watch without a version with what is there', async () => {
    await make('present', { labels: { present: 'yes' } });
    const [event] = await collect(client.watch(ipClaim, { namespace, labelSelector: 'present=yes' }), 1);
    expect(event).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'present' } } });
  });

  test('answers Gone to a watch from a version that is forgotten', async () => {
    expect(await codeOf(collect(client.watch(ipClaim, { namespace, resourceVersion: '1' }), 1))).toBe('Gone');
  });

  test('ends a watch with the reason of the abort', async () => {
    const stop = new AbortController();
    const watching = collect(client.watch(ipClaim, { namespace, labelSelector: 'none', signal: stop.signal }), 1);
    setTimeout(() => stop.abort(new Error('enough')), 50);
    await expect(watching).rejects.toThrow('enough');
  });

  test('serves built-in kinds too', async () => {
    const made = await client.create(secret, { metadata: { name: 'hidden', namespace }, data: { a: 'Yg==' } });
    expect([made.apiVersion, made.kind, made.metadata.generation]).toEqual(['v1', 'Secret', undefined]);
    const { items } = await client.list(secret, { namespace, fieldSelector: 'metadata.name=hidden' });
    expect(items).toMatchObject([{ apiVersion: 'v1', kind: 'Secret', data: { a: 'Yg==' } }]);
    await client.delete(secret, { namespace, name: 'hidden' });
  });
});

async function codeOf(call: Promise<unknown>): Promise<KubeErrorCode | 'ok'> {
  try {
    await call;
    return 'ok';
  } catch (error) {
    if (isKubeError(error)) return error.code;
    throw error;
  }
}

async function collect(events: AsyncIterable<WatchEvent<IPClaim>>, count: number): Promise<WatchEvent<IPClaim>[]> {
  const collected: WatchEvent<IPClaim>[] = [];
  for await (const event of events) {
    if (event.type === 'BOOKMARK') continue;
    collected.push(event);
    if (collected.length === count) break;
  }
  return collected;
}
