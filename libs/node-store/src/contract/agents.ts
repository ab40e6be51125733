import type { Node, NodeAgent } from '@metal3/node';
import type { AgentPatch } from './work.ts';

/** What a heartbeat or lookup leads to. Lookup and heartbeat check first, in the same transaction, by throwing from `decide`. */
export interface AgentDecision {
  readonly agent?: AgentPatch;
  /** Wakes the node, and the wake-up is committed before the agent gets its 202. */
  readonly wake?: boolean;
  /** The wait goes on: its deadline is this far from now. */
  readonly deadlineAfterMs?: number;
  /** `inspection-data`, kept for the conductor to pick up. */
  readonly inspectionData?: Uint8Array | string;
}

export interface AgentRepository {
  /** Issues `token` if none has been issued for this boot; false when one has (the agent is then answered "******"). @throws NODE-NOT-FOUND */
  issueToken(nodeUuid: string, token: string): Promise<boolean>;

  /** The token in clear, for checking a heartbeat and for calling the agent; undefined when none is issued. */
  token(nodeUuid: string): Promise<string | undefined>;

  /**
   * Records what an agent said. `decide` sees node, agent and its token inside the transaction; what it throws ends it. Fields that differ
   * from before are a visible change, a bare `lastHeartbeat` is not.
   * @throws NODE-NOT-FOUND
   */
  record(
    nodeUuid: string,
    decide: (known: {
      readonly node: Node;
      readonly agent: NodeAgent | null;
      readonly token: string | undefined;
    }) => AgentDecision,
  ): Promise<Node>;
}
