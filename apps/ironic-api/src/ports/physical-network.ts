import type { Port } from '@metal3/node';
import type { UserRecord } from '@metal3/node-store';
import { conflict } from '../faults.ts';

const networkOf = ({ body }: UserRecord): string | null => (body['physical_network'] as string | undefined) ?? null;

/**
 * Whether a port may be in a port group, whose members are all in one physical network. A group that is in none yet gets that of its
 * first member.
 *
 * @param members the other ports of the group
 * @returns the network that the group is to get; undefined where it stays in the one it is in
 * @throws Fault (409) for a port in another network, or in none
 */
export function decideMembership(
  port: Pick<Port, 'physicalNetwork'>,
  group: UserRecord,
  members: readonly Port[],
): string | undefined {
  const network = port.physicalNetwork ?? null;
  const [member] = members;
  const ofGroup = member === undefined ? networkOf(group) : member.physicalNetwork;
  if (network === ofGroup) return undefined;
  if (member === undefined && ofGroup === null) return network ?? undefined;
  throw conflict(
    `Port with physical network ${network ?? 'None'} cannot become a member of port group ${group.uuid} which has ports in physical network ${ofGroup ?? 'None'}.`,
  );
}
