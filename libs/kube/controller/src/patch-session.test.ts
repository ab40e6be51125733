import { beforeEach, expect, test } from '@jest/globals';
import type { Kind, KubeObject } from '@metal3/kube-client';
import { memoryKubernetes, type MemoryKubernetes } from '@metal3/kube-testing';
import { addFinalizer, removeFinalizer } from './finalizers.ts';
import { patchSession, type PatchSessionOptions } from './patch-session.ts';

interface Widget extends KubeObject {
  spec: { size?: number; colour?: string };
  status?: { phase?: string; conditions?: { type: string }[] };
}
const widget: Kind<Widget> = { group: 'test.io', version: 'v1', kind: 'Widget', plural: 'widgets', namespaced: true };
const key = { namespace: 'test', name: 'w' };

let server: MemoryKubernetes;
beforeEach(async () => {
  server = memoryKubernetes();
  await server.create(widget, { metadata: { ...key, finalizers: ['test/other'] }, spec: { size: 1, colour: 'red' } });
});

const open = async (options?: PatchSessionOptions) =>
  patchSession(server, widget, await server.get(widget, key), options);
const writes = () => (server.calls.get('patch widgets') ?? 0) + (server.calls.get('patchStatus widgets') ?? 0);

test('writes nothing when nothing changed', async () => {
  const session = await open();
  session.draft.spec = { ...session.draft.spec, size: 1 };
  expect(session.changed).toBe(false);
  await session.save();
  expect(writes()).toBe(0);
});

test('writes both halves once, and only the fields that changed', async () => {
  const session = await open();
  await server.patch(widget, key, { type: 'merge', body: { spec: { colour: 'blue' } } });
  session.draft.spec.size = 2;
  session.draft.status = { phase: 'ready' };
  const saved = await session.save();
  expect(saved).toMatchObject({ spec: { size: 2, colour: 'blue' }, status: { phase: 'ready' } });
  expect(writes()).toBe(3);
  expect(session.changed).toBe(false);
  expect(session.draft.spec.colour).toBe('blue');
});

test('removes a field that the draft lacks', async () => {
  const session = await open();
  delete session.draft.spec.colour;
  expect((await session.save()).spec).toEqual({ size: 1 });
});

test('meets a conflict with a precondition when the object has changed', async () => {
  const session = await open({ precondition: true });
  await server.patch(widget, key, { type: 'merge', body: { metadata: { labels: { a: '1' } } } });
  session.draft.spec.size = 2;
  await expect(session.save()).rejects.toMatchObject({ code: 'Conflict' });
});

test('never loses a finalizer that another added meanwhile', async () => {
  const session = await open();
  await server.patch(widget, key, { type: 'merge', body: { metadata: { finalizers: ['test/other', 'test/third'] } } });
  addFinalizer(session.draft, 'test/mine');
  await expect(session.save()).rejects.toMatchObject({ code: 'Conflict' });
});

test('does not write the status of an object that goes away', async () => {
  await server.delete(widget, key);
  const session = await open();
  removeFinalizer(session.draft, 'test/other');
  session.draft.status = { phase: 'gone' };
  await session.save();
  expect(await server.find(widget, key)).toBeUndefined();
});

test('refuses to write what it does not own', async () => {
  const session = await open({ owned: ['status', 'metadata.finalizers'] });
  session.draft.status = { phase: 'ready' };
  addFinalizer(session.draft, 'test/mine');
  await session.save();
  session.draft.spec.size = 3;
  await expect(session.save()).rejects.toThrow('spec.size is written but not owned');
});
