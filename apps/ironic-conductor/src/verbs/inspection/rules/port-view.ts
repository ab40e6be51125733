import type { JsonObject, Json, Port, PortUuid } from '@metal3/node';
import type { LeasedPorts } from '@metal3/node-store';
import type { PortChanges } from '../hooks.ts';
import { RuleProblem } from './facts.ts';

const names = {
  category: 'category',
  description: 'description',
  extra: 'extra',
  is_smartnic: 'isSmartnic',
  local_link_connection: 'localLinkConnection',
  name: 'name',
  physical_network: 'physicalNetwork',
  pxe_enabled: 'pxeEnabled',
  vendor: 'vendor',
} as const satisfies Record<string, keyof Port>;
type Name = keyof typeof names;

/** The ports of a node as they will be after an inspection, as rules see them. */
export function portViews(known: readonly Port[], { create, remove, update }: PortChanges): readonly JsonObject[] {
  const staying = known.filter((port) => !remove.includes(port));
  const view = (port: Port): JsonObject => {
    const found = update.find((each) => each.port.uuid === port.uuid);
    return {
      uuid: port.uuid,
      address: port.address,
      ...Object.fromEntries(Object.entries(names).map(([name, stored]) => [name, port[stored] as Json])),
      pxe_enabled: found?.pxeEnabled ?? port.pxeEnabled,
      local_link_connection: found?.localLinkConnection ?? port.localLinkConnection,
    };
  };
  return [
    ...staying.map(view),
    ...create.map(({ address, pxeEnabled, extra, localLinkConnection: link }) => ({
      address,
      pxe_enabled: pxeEnabled,
      extra,
      ...(link === undefined ? {} : { local_link_connection: link }),
    })),
  ];
}

/** What is to be written so that the ports become what rules left. @throws RuleProblem for an attribute that rules may not change */
export function portWrites(
  known: readonly Port[],
  { remove }: Pick<PortChanges, 'remove'>,
  after: readonly JsonObject[],
): LeasedPorts {
  const create: NonNullable<LeasedPorts['create']>[number][] = [];
  const change: NonNullable<LeasedPorts['change']>[number][] = [];
  for (const view of after) {
    const port = known.find(({ uuid }) => uuid === view['uuid']);
    const entries = Object.entries(view).flatMap(([name, value]) => {
      if (name === 'uuid' || name === 'address') return [];
      if (!(name in names)) throw new RuleProblem(`/${name} is not an attribute of ports that rules can change`);
      const stored = names[name as Name];
      const before = port?.[stored];
      return port !== undefined && JSON.stringify(before) === JSON.stringify(value) ? [] : [[stored, value] as const];
    });
    const fields = Object.fromEntries(entries) as object;
    if (port === undefined) create.push({ address: view['address'], ...fields } as (typeof create)[number]);
    else if (entries.length > 0) change.push({ uuid: port.uuid, patch: fields });
  }
  return { create, change, remove: remove.map(({ uuid }): PortUuid => uuid) };
}
