import { provisionState, type JsonObject, type Node } from '@metal3/node';
import type { NodePatch, UserRecord } from '@metal3/node-store';
import { conflict } from '../faults.ts';

/** What a user wants of a node, as it is kept. */
export interface Wanted {
  readonly uuid: string;
  readonly name: string | null;
  readonly resourceClass: string;
  readonly traits: readonly string[];
  readonly candidateNodes: readonly string[];
  readonly owner: string | null;
}

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

export const wantedOf = ({ uuid, name, body }: UserRecord): Wanted => ({
  uuid,
  name,
  resourceClass: String(body['resource_class'] ?? ''),
  traits: texts(body['traits']),
  candidateNodes: texts(body['candidate_nodes']),
  owner: typeof body['owner'] === 'string' ? body['owner'] : null,
});

/** Whether a node is free and of the kind wanted, its traits aside. */
const isFree = (node: Node, wanted: Wanted): boolean =>
  node.resourceClass === wanted.resourceClass &&
  node.provisionState === provisionState.available &&
  node.instanceUuid === null &&
  node.powerState !== null &&
  !node.maintenance &&
  (wanted.candidateNodes.length === 0 || wanted.candidateNodes.includes(node.uuid)) &&
  (wanted.owner === null || node.owner === wanted.owner || node.lessee === wanted.owner);

const hasTraits = (node: Node, wanted: Wanted): boolean => wanted.traits.every((trait) => node.traits.includes(trait));

/** The nodes an allocation may take, best first; or why there are none. */
export function candidatesFor(
  wanted: Wanted,
  nodes: readonly Node[],
  fraction: () => number,
): { readonly nodes: readonly Node[] } | { readonly reason: string } {
  const free = nodes.filter((node) => isFree(node, wanted));
  if (free.length === 0) {
    return {
      reason:
        wanted.candidateNodes.length > 0
          ? `none of the requested nodes are available and match the resource class ${wanted.resourceClass}`
          : `no available nodes match the resource class ${wanted.resourceClass}`,
    };
  }
  const suitable = free.filter((node) => hasTraits(node, wanted));
  if (suitable.length === 0) return { reason: 'no suitable nodes have the requested traits' };
  // Shuffled, so that allocations that run at once do not all try the same node first; a node of the allocation's name is what was meant.
  const shuffled = suitable.map((node) => ({
    node,
    at: node.name !== null && node.name === wanted.name ? -1 : fraction(),
  }));
  return { nodes: shuffled.sort((a, b) => a.at - b.at).map(({ node }) => node) };
}

/** What taking a node changes of it; undefined when it is no longer free. */
export function decideTaking(node: Node, wanted: Wanted): NodePatch | undefined {
  return isFree(node, wanted) && hasTraits(node, wanted) ? taken(node, wanted) : undefined;
}

/**
 * What recording the allocation of a node that is in use already changes of it.
 *
 * @throws Fault (409) when the node is not what the allocation says
 */
export function decideBackfill(node: Node, wanted: Wanted): NodePatch {
  const problem =
    node.provisionState !== provisionState.active
      ? `node ${node.uuid} is in state "${node.provisionState}", not active`
      : node.resourceClass !== wanted.resourceClass
        ? `node ${node.uuid} has resource class ${String(node.resourceClass)}, not ${wanted.resourceClass}`
        : !hasTraits(node, wanted)
          ? `node ${node.uuid} does not have the requested traits`
          : wanted.candidateNodes.length > 0 && !wanted.candidateNodes.includes(node.uuid)
            ? `node ${node.uuid} is not among the candidate nodes`
            : node.instanceUuid !== null && node.instanceUuid !== wanted.uuid
              ? `node ${node.uuid} is associated with instance ${node.instanceUuid}`
              : undefined;
  if (problem !== undefined) throw conflict(`Failed to process allocation ${wanted.uuid}: ${problem}.`);
  return taken(node, wanted);
}

const taken = (node: Node, { uuid, traits }: Wanted): NodePatch => ({
  instanceUuid: uuid,
  allocationUuid: uuid,
  instanceInfo: { ...node.instanceInfo, traits: [...traits] } satisfies JsonObject,
});

/** What giving a node back changes of it. @throws Fault (409) while the node is in use */
export function decideRelease(node: Node, allocation: string): NodePatch | undefined {
  if (node.allocationUuid !== allocation) return undefined;
  if (node.provisionState === provisionState.active && !node.maintenance) {
    throw conflict(
      `Cannot remove allocation ${allocation} of node ${node.uuid} while the node is active. Undeploy it first.`,
    );
  }
  const { traits: _traits, ...instanceInfo } = node.instanceInfo;
  return { instanceUuid: null, allocationUuid: null, instanceInfo };
}
