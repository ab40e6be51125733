import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import type { JsonObject } from '../../kernel.ts';
import { ProvisionerError } from '../errors.ts';
import type { NodeChange } from '../ports.ts';
import type { RestClient } from './rest-client.ts';
import { restProvisioner } from './rest.ts';

let stopped = new AbortController();
beforeEach(() => {
  stopped = new AbortController();
});
afterEach(() => stopped.abort());

const node = (uuid: string, state: string, more: JsonObject = {}): JsonObject => ({
  uuid,
  name: `metal~${uuid}`,
  provision_state: state,
  ...more,
});

/** An Ironic whose list of nodes a test changes, and which counts what it is asked. */
function ironicWith(nodes: JsonObject[], pageSize = 1000) {
  const calls: string[] = [];
  const state = { nodes, down: false };
  const client: RestClient = {
    version: 95,
    async connect() {
      if (state.down) throw new ProvisionerError('unavailable', 'connection refused');
    },
    async call(method, path) {
      calls.push(`${method} ${path}`);
      if (state.down) throw new ProvisionerError('unavailable', 'connection refused');
      const marker = /marker=([^&]*)/.exec(path)?.[1];
      const from = marker === undefined ? 0 : state.nodes.findIndex(({ uuid }) => uuid === marker) + 1;
      const page = state.nodes.slice(from, from + pageSize);
      return {
        nodes: page,
        ...(from + pageSize < state.nodes.length ? { next: 'http://ironic/v1/nodes?marker=...' } : {}),
      };
    },
    async close() {},
  };
  return { client, calls, state };
}

async function follow(nodes: JsonObject[], pageSize?: number) {
  const { client, calls, state } = ironicWith(nodes, pageSize);
  const clock = fakeClock();
  const provisioner = restProvisioner({ client, clock, busyTickMs: 1_000, idleTickMs: 15_000 });
  const news: string[] = [];
  const word = (change: NodeChange) => ('uuid' in change ? `${change.kind} ${change.uuid}` : change.kind);
  void (async () => {
    for await (const change of provisioner.changes(stopped.signal)) news.push(word(change));
  })();
  await clock.advance(0);
  return { provisioner, clock, news, calls, state };
}

test('all nodes are named first, then that these were all', async () => {
  const { news } = await follow([node('a', 'available'), node('b', 'active')]);
  expect(news).toEqual(['changed a', 'changed b', 'synced']);
});

test('one bulk request per tick finds what has changed, however many nodes there are', async () => {
  const { news, calls, state, clock } = await follow([node('a', 'cleaning'), node('b', 'active')]);
  state.nodes = [node('a', 'available'), node('b', 'active')];
  await clock.advance(1_000);
  expect(news.slice(3)).toEqual(['changed a']);
  expect(calls).toHaveLength(2);
  expect(calls[0]).toContain('GET nodes?fields=uuid,name,provision_state,');
});

test('a node that is gone is told of', async () => {
  const { news, state, clock } = await follow([node('a', 'cleaning'), node('b', 'active')]);
  state.nodes = [node('b', 'active')];
  await clock.advance(1_000);
  expect(news.at(-1)).toBe('deleted a');
});

test('nodes are looked at often while Ironic works on any, seldom while it works on none', async () => {
  const { calls, state, clock } = await follow([node('a', 'cleaning')]);
  await clock.advance(5_000);
  expect(calls).toHaveLength(6);
  state.nodes = [node('a', 'available')];
  await clock.advance(1_000);
  const resting = calls.length;
  await clock.advance(14_000);
  expect(calls).toHaveLength(resting);
  await clock.advance(1_000);
  expect(calls).toHaveLength(resting + 1);
});

test('a request of ours cuts an idle wait short', async () => {
  const { provisioner, calls, clock } = await follow([node('a', 'available')]);
  const listed = () => calls.filter((call) => call.includes('fields=')).length;
  await clock.advance(3_000);
  expect(listed()).toBe(1);
  await provisioner.createNode({ name: 'metal~b' });
  await clock.advance(1_000);
  expect(listed()).toBe(2);
});

test('an Ironic that goes away and comes back is told of once each', async () => {
  const { news, state, clock } = await follow([node('a', 'active')]);
  state.down = true;
  await clock.advance(30_000);
  state.down = false;
  await clock.advance(15_000);
  expect(news.slice(2)).toEqual(['lost', 'synced']);
});

test('an Ironic that is away from the start is told of as well', async () => {
  const { client, state } = ironicWith([]);
  state.down = true;
  const clock = fakeClock();
  const provisioner = restProvisioner({ client, clock, busyTickMs: 1_000, idleTickMs: 15_000 });
  const news: NodeChange[] = [];
  void (async () => {
    for await (const change of provisioner.changes(stopped.signal)) news.push(change);
  })();
  await clock.advance(5_000);
  expect(news).toEqual([{ kind: 'lost', reason: 'connection refused' }]);
});

test('lists are read to their last page', async () => {
  const { news, calls } = await follow([node('a', 'active'), node('b', 'active'), node('c', 'active')], 2);
  expect(news).toEqual(['changed a', 'changed b', 'changed c', 'synced']);
  expect(calls.at(-1)).toContain('marker=b');
});
