import type { Claim } from '../contract/work.ts';
import { nodeInUnit, notFound } from '../nodes/read.ts';
import type { Core, Unit } from '../transact.ts';
import { leaseOf, papers, readWork } from './row.ts';

/** A claim as it was read in a transaction; `cached` makes it one to give out once that is committed. */
export type ReadClaim = Claim & { readonly stamp: number };

export async function readClaim(
  unit: Unit,
  nodeId: number,
  durationMs: number,
  takenOver: boolean,
): Promise<ReadClaim> {
  const { node, stamp } = await nodeInUnit(unit.sql, nodeId);
  const work = await readWork(unit.sql, nodeId);
  if (work === undefined) throw notFound(node.uuid);
  const lease = leaseOf(work, node.uuid, durationMs);
  return { lease, node, work: await papers(unit.sql, work, unit.now), takenOver, stamp };
}

export function cached({ cache }: Core, { stamp, ...claim }: ReadClaim): Claim {
  return { ...claim, node: cache.put(stamp, claim.node) };
}
