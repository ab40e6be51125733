import type { JsonObject } from '../kernel.ts';
import type { NodeSnapshot, ProvisionVerb } from '../provisioner/node.ts';
import { waitFor, type Decision, type Notes } from './decision.ts';

/**
 * Asks for a change of provision state. A node with a fault is not moved until Ironic has recovered it, and maintenance is ended
 * first, because Ironic would accept the verb and then do nothing.
 */
export function askVerb(
  node: NodeSnapshot,
  verb: ProvisionVerb,
  details: { args?: JsonObject; then?: Notes } = {},
): Decision {
  if (node.fault !== '') return waitFor(`Ironic is recovering the node from a fault (${node.fault})`);
  if (node.maintenance) return { kind: 'ask', request: { do: 'maintenance', on: false } };
  const { args, then } = details;
  return {
    kind: 'ask',
    request: { do: 'verb', verb, ...(args === undefined ? {} : { args }) },
    ...(then === undefined ? {} : { then }),
  };
}

export function endMaintenance(): Decision {
  return { kind: 'ask', request: { do: 'maintenance', on: false } };
}

export function unexpectedState(node: NodeSnapshot, doing: string): Decision {
  return waitFor(`the node is "${node.provisionState}", from where ${doing} cannot go on`);
}
