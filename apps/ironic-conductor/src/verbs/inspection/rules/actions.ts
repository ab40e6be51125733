import { isJsonObject, type Json, type JsonObject } from '@metal3/node';
import { extendedAt, type Facts, RuleProblem, withValueAt } from './facts.ts';
import { argument, type Arguments } from './operation.ts';

/** What an action leads to besides other facts. */
export interface Consequences {
  readonly facts: Facts;
  readonly failure?: string;
  readonly log?: { readonly message: string; readonly level: string };
  readonly call?: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

type Action = (facts: Facts, args: Arguments) => Consequences;

const onNode =
  (change: (node: JsonObject, args: Arguments) => JsonObject): Action =>
  (facts, args) => ({ facts: { ...facts, node: change(facts.node, args) } });

const onPluginData =
  (change: (data: JsonObject, args: Arguments) => JsonObject): Action =>
  (facts, args) => ({ facts: { ...facts, plugin_data: change(facts.plugin_data, args) } });

/** The port is named by its UUID or its MAC address. */
const onPort =
  (change: (port: JsonObject, args: Arguments) => JsonObject): Action =>
  (facts, args) => {
    const id = text(args, 'port_id').toLowerCase();
    const found = facts.ports.find(({ uuid, address }) => uuid === id || address === id);
    if (found === undefined) throw new RuleProblem(`the node has no port ${id}`);
    return { facts: { ...facts, ports: facts.ports.map((port) => (port === found ? change(port, args) : port)) } };
  };

const onTraits =
  (change: (traits: readonly string[], name: string) => readonly string[]): Action =>
  (facts, args) => ({ facts: { ...facts, traits: change(facts.traits, text(args, 'name')) } });

const set = (document: JsonObject, args: Arguments): JsonObject =>
  withValueAt(document, text(args, 'path'), argument(args, 'value'));
const remove = (document: JsonObject, args: Arguments): JsonObject =>
  withValueAt(document, text(args, 'path'), undefined);
const extend = (document: JsonObject, args: Arguments): JsonObject =>
  extendedAt(document, text(args, 'path'), argument(args, 'value'), args['unique'] === true);

const traitName = /^(CUSTOM|COMPUTE|HW|STORAGE|MISC|OWNER)_[A-Z0-9_]+$/;

/** By name, as upstream registers them. */
const actions: Readonly<Record<string, Action>> = {
  fail: (facts, args) => ({ facts, failure: text(args, 'msg') }),
  log: (facts, args) => ({
    facts,
    log: { message: text(args, 'msg'), level: typeof args['level'] === 'string' ? args['level'] : 'info' },
  }),
  'set-attribute': onNode(set),
  'extend-attribute': onNode(extend),
  'del-attribute': onNode(remove),
  'set-capability': onNode((node, args) => withCapability(node, text(args, 'name'), text(args, 'value'))),
  'unset-capability': onNode((node, args) => withCapability(node, text(args, 'name'), undefined)),
  'add-trait': onTraits((traits, name) => {
    if (!traitName.test(name)) throw new RuleProblem(`"${name}" is no trait; custom ones are CUSTOM_ and capitals`);
    return [...new Set([...traits, name])].sort();
  }),
  'remove-trait': onTraits((traits, name) => traits.filter((trait) => trait !== name)),
  'set-plugin-data': onPluginData(set),
  'extend-plugin-data': onPluginData(extend),
  'unset-plugin-data': onPluginData(remove),
  'set-port-attribute': onPort(set),
  'extend-port-attribute': onPort(extend),
  'del-port-attribute': onPort(remove),
  'api-call': (facts, args) => ({ facts, call: { url: text(args, 'url'), headers: headersOf(args['headers']) } }),
};

/** What one action makes of the facts. @throws RuleProblem when it cannot be done */
export function carriedOut(op: string, facts: Facts, args: Arguments): Consequences {
  const action = actions[op];
  if (action === undefined) throw new RuleProblem(`there is no action ${op}`);
  return action(facts, args);
}

function text(args: Arguments, name: string): string {
  const value = argument(args, name);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

const headersOf = (value: Json | undefined): Readonly<Record<string, string>> =>
  isJsonObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, content]) => [name, String(content)]))
    : {};

/** Capabilities are one text, `boot_mode:uefi,raid:1`, or an object. */
function withCapability(node: JsonObject, name: string, value: string | undefined): JsonObject {
  const properties = isJsonObject(node['properties']) ? node['properties'] : {};
  const { capabilities } = properties;
  if (isJsonObject(capabilities)) return withValueAt(node, `/properties/capabilities/${name}`, value);
  const kept = (typeof capabilities === 'string' ? capabilities.split(',') : []).filter(
    (pair) => pair !== '' && pair.split(':', 1)[0] !== name,
  );
  const pairs = value === undefined ? kept : [...kept, `${name}:${value}`];
  return { ...node, properties: { ...properties, capabilities: pairs.join(',') } };
}
