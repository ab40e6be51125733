import {
  hardwareTypes,
  interfaceKinds,
  isJsonObject,
  type InterfaceKind,
  type Json,
  type JsonObject,
  type Node,
  resolveInterfaces,
} from '@metal3/node';
import type { NodePatch } from '@metal3/node-store';
import { RuleProblem } from './facts.ts';

const objects = {
  driver_info: 'driverInfo',
  extra: 'extra',
  instance_info: 'instanceInfo',
  network_data: 'networkData',
  properties: 'properties',
} as const;
const texts = {
  description: 'description',
  lessee: 'lessee',
  name: 'name',
  owner: 'owner',
  resource_class: 'resourceClass',
  shard: 'shard',
} as const;
const flags = { disable_power_off: 'disablePowerOff' } as const;

/** A node as rules see it. Secrets stay sealed. */
export function nodeView(node: Node): JsonObject {
  const picked = (names: Readonly<Record<string, keyof Node>>) =>
    Object.entries(names).map(([name, stored]) => [name, node[stored] as Json] as const);
  return {
    uuid: node.uuid,
    driver: node.driver,
    conductor_group: node.conductorGroup,
    provision_state: node.provisionState,
    ...Object.fromEntries([...picked(objects), ...picked(texts), ...picked(flags)]),
    automated_clean: node.automatedClean,
    ...Object.fromEntries(interfaceKinds.map((kind) => [`${kind}_interface`, node.interfaces[kind]])),
  };
}

/** The fields that rules changed. @throws RuleProblem for one that rules may not change, or a value it cannot have */
export function nodePatch(node: Node, before: JsonObject, after: JsonObject): NodePatch {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  const patch: Record<string, unknown> = {};
  const interfaces: Partial<Record<InterfaceKind, string | null>> = {};
  for (const name of changed) {
    const value = after[name] ?? null;
    const kind = interfaceKinds.find((each) => name === `${each}_interface`);
    if (kind !== undefined) interfaces[kind] = textOrNull(name, value);
    else if (name in objects) patch[objects[name as keyof typeof objects]] = objectOf(name, value);
    else if (name in texts) patch[texts[name as keyof typeof texts]] = textOrNull(name, value);
    else if (name in flags) patch[flags[name as keyof typeof flags]] = flagOf(name, value);
    else if (name === 'automated_clean') patch['automatedClean'] = value === null ? null : flagOf(name, value);
    else throw new RuleProblem(`/${name} is not an attribute that rules can change`);
  }
  return {
    ...(patch as NodePatch),
    ...(Object.keys(interfaces).length > 0 ? { interfaces: chosen(node, interfaces) } : {}),
  };
}

function chosen(node: Node, wanted: Partial<Node['interfaces']>): Node['interfaces'] {
  const hardware = hardwareTypes.find(({ name }) => name === node.driver);
  if (hardware === undefined) throw new RuleProblem(`the hardware type ${node.driver} is not known`);
  const { interfaces, problems } = resolveInterfaces(hardware, { ...node.interfaces, ...wanted });
  const [first] = problems;
  if (first !== undefined) throw new RuleProblem(first.message);
  return interfaces;
}

function objectOf(name: string, value: Json): JsonObject {
  if (value === null) return {};
  if (isJsonObject(value)) return value;
  throw new RuleProblem(`/${name} must be an object`);
}

const longestText = 255;

function textOrNull(name: string, value: Json): string | null {
  if (value === null || (typeof value === 'string' && value.length <= longestText)) return value;
  throw new RuleProblem(`/${name} must be a text of at most ${longestText} characters`);
}

function flagOf(name: string, value: Json): boolean {
  if (typeof value === 'boolean') return value;
  throw new RuleProblem(`/${name} must be true or false`);
}
