import type { Node, Port } from '@metal3/node';
import type { NodeStore } from '@metal3/node-store';

/** All ports of a node. */
export async function portsOf(store: Pick<NodeStore, 'ports'>, node: Pick<Node, 'uuid'>): Promise<readonly Port[]> {
  return (await store.ports.list({ filter: { nodeUuid: node.uuid } })).items;
}
