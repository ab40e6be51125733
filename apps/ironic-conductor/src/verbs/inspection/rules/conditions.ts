import { BlockList, isIP } from 'node:net';
import type { Json } from '@metal3/node';
import { RuleProblem } from './facts.ts';
import { argument, type Arguments } from './operation.ts';

type Check = (args: Arguments) => boolean;

/** By name, as upstream registers them. A "!" in front turns one round. */
const checks: Readonly<Record<string, Check>> = {
  eq: (args) => pairs(args).every(([left, right]) => same(left, right)),
  lt: (args) => pairs(args).every(([left, right]) => ordered(left, right) < 0),
  gt: (args) => pairs(args).every(([left, right]) => ordered(left, right) > 0),
  'is-empty': (args) => isEmpty(argument(args, 'value')),
  'in-net': (args) => inNetwork(textOf(args, 'address'), textOf(args, 'subnet')),
  matches: (args) => expression(args, (pattern) => `^(?:${pattern})`).test(textOf(args, 'value')),
  contains: (args) => expression(args, (pattern) => pattern).test(textOf(args, 'value')),
  'one-of': (args) => listOf(args, 'values').some((value) => same(value, argument(args, 'value'))),
  'is-none': (args) => argument(args, 'value') === null,
  'is-true': (args) => truth(argument(args, 'value')) === true,
  'is-false': (args) => truth(argument(args, 'value')) === false,
};

/** Whether one condition holds for its arguments. @throws RuleProblem for arguments it cannot work with */
export function holds(op: string, args: Arguments): boolean {
  const turned = op.startsWith('!');
  const check = checks[turned ? op.slice(1) : op];
  if (check === undefined) throw new RuleProblem(`there is no condition ${op}`);
  return check(args) !== turned;
}

function pairs(args: Arguments): readonly (readonly [Json, Json])[] {
  const values = listOf(args, 'values');
  return values.slice(1).map((value, index) => [values[index] ?? null, value] as const);
}

/** Numbers of a report and numbers in a rule may be text on one side. */
const same = (left: Json, right: Json): boolean =>
  typeof left === typeof right ? JSON.stringify(left) === JSON.stringify(right) : String(left) === String(right);

function ordered(left: Json, right: Json): number {
  const [one, other] = [Number(left), Number(right)];
  if (left !== null && right !== null && !Number.isNaN(one) && !Number.isNaN(other)) return one - other;
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  throw new RuleProblem(`${JSON.stringify(left)} and ${JSON.stringify(right)} cannot be compared`);
}

const isEmpty = (value: Json): boolean =>
  value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0);

function truth(value: Json): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (/^(1|t|true|on|y|yes)$/i.test(String(value))) return true;
  return value === null || /^(0|f|false|off|n|no|)$/i.test(String(value)) ? false : undefined;
}

function inNetwork(address: string, subnet: string): boolean {
  const [network = '', bits = ''] = subnet.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || isIP(network) === 0 || !/^\d{1,3}$/.test(bits))
    throw new RuleProblem(`in-net needs an address and a subnet like 192.0.2.0/24, not "${address}" and "${subnet}"`);
  const networks = new BlockList();
  networks.addSubnet(network, Number(bits), family);
  return networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function expression(args: Arguments, form: (pattern: string) => string): RegExp {
  const pattern = textOf(args, 'regex');
  try {
    return new RegExp(form(pattern));
  } catch {
    throw new RuleProblem(`"${pattern}" is no regular expression`);
  }
}

const textOf = (args: Arguments, name: string): string => {
  const value = argument(args, name);
  return typeof value === 'string' ? value : JSON.stringify(value);
};

function listOf(args: Arguments, name: string): readonly Json[] {
  const value = argument(args, name);
  if (!Array.isArray(value)) throw new RuleProblem(`${name} must be a list`);
  return value as readonly Json[];
}
