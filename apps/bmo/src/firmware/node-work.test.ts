import { expect, test } from '@jest/globals';
import { formatKey, type ObjectKey } from '@metal3/kube-client';
import type { Cache } from '@metal3/kube-controller';
import type { BareMetalHost } from '@metal3/metal3-api';
import { newWorld } from '../host/testing/world.ts';
import { nodeWork } from './node-work.ts';

/** Nodes of ours are named after their hosts. */
const hosts = { byIndex: () => [] } as unknown as Cache<BareMetalHost>;

test('a host whose node is cleaned behind its back is looked at again, and nobody else', async () => {
  const world = await newWorld();
  const looked: string[] = [];
  const stopped = new AbortController();
  for (const name of ['host-1', 'host-2']) {
    await world.enrol(name);
    await world.until(name, 'inspecting');
  }
  nodeWork(hosts, world.ironic.changes).start((key: ObjectKey) => looked.push(formatKey(key)), stopped.signal);
  const [node] = [...world.ironic.nodes.values()];
  for (const provisionState of ['manageable', 'cleaning', 'clean wait', 'cleaning', 'manageable', 'available']) {
    world.ironic.disturb(node?.uuid ?? '', { provisionState });
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  expect(looked).toEqual(['metal/host-1']);
  stopped.abort();
  world.stop();
});
