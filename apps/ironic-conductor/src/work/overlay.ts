import { type Node, type NodeAgent, transition } from '@metal3/node';
import type { AgentPatch } from '@metal3/node-store';
import type { Change } from './decision.ts';

const noAgent: NodeAgent = {
  url: null,
  version: null,
  verifyCa: null,
  tokenIssued: false,
  tokenPregenerated: false,
  status: null,
  statusMessage: null,
  lastHeartbeat: null,
};

/** An agent that is forgotten, field by field, for when something is known of the next one in the same write. */
const nothingLeft: AgentPatch = {
  url: null,
  version: null,
  verifyCa: null,
  token: null,
  tokenPregenerated: false,
  status: null,
  statusMessage: null,
  lastHeartbeat: null,
};

/** The node as it will be once a change that is not written yet is written: later decisions build on it. */
export function overlaid(node: Node, change: Change): Node {
  const position = change.event === undefined ? {} : transition(node, change.event, change.target);
  return {
    ...node,
    ...change.patch,
    ...(change.traits === undefined ? {} : { traits: change.traits }),
    ...position,
    ...(change.agent === undefined
      ? {}
      : { agent: change.agent === null ? null : agentAfter(node.agent, change.agent) }),
  };
}

function agentAfter(agent: NodeAgent | null, { token, ...patch }: AgentPatch): NodeAgent {
  const base = agent ?? noAgent;
  return { ...base, ...patch, ...(token === undefined ? {} : { tokenIssued: token !== null }) };
}

/** Two changes as one; undefined when they cannot be (each fires an event). */
export function merged(first: Change, second: Change): Change | undefined {
  if (first.event !== undefined && second.event !== undefined) return undefined;
  if (first.history !== undefined && second.history !== undefined) return undefined;
  if (first.ports !== undefined && second.ports !== undefined) return undefined;
  const agent =
    second.agent === undefined || second.agent === null
      ? second.agent === undefined
        ? first.agent
        : null
      : { ...(first.agent === null ? nothingLeft : first.agent), ...second.agent };
  return {
    ...first,
    ...second,
    ...(first.patch === undefined && second.patch === undefined ? {} : { patch: { ...first.patch, ...second.patch } }),
    ...(first.internal === undefined && second.internal === undefined
      ? {}
      : { internal: { ...first.internal, ...second.internal } }),
    ...(first.blobs === undefined && second.blobs === undefined ? {} : { blobs: { ...first.blobs, ...second.blobs } }),
    ...(agent === undefined ? {} : { agent }),
  };
}
