import { isJsonObject, type Json, type JsonObject } from '@metal3/node';
import { carriedOut, type Consequences } from './actions.ts';
import { holds } from './conditions.ts';
import { type Facts, RuleProblem } from './facts.ts';
import { interpolate, type Scope } from './interpolate.ts';
import { type InspectionRule, named, type Operation } from './operation.ts';

/** What all rules together make of an inspection. */
export type Verdict =
  | {
      readonly kind: 'result';
      readonly facts: Facts;
      readonly logs: readonly NonNullable<Consequences['log']>[];
      readonly calls: readonly NonNullable<Consequences['call']>[];
    }
  | { readonly kind: 'problem'; readonly message: string };

/** Applies rules one after the other; each sees what the ones before it changed. The first that fails ends the inspection. */
export function applyRules(rules: readonly InspectionRule[], before: Facts): Verdict {
  let facts = before;
  const logs: NonNullable<Consequences['log']>[] = [];
  const calls: NonNullable<Consequences['call']>[] = [];
  for (const rule of rules) {
    try {
      if (!rule.conditions.every((condition) => isMet(condition, facts))) continue;
      for (const action of rule.actions) {
        for (const item of rounds(action, facts)) {
          const args = named(action.op, interpolate(action.args, scopeOf(facts, item)));
          const { facts: after, failure, log, call } = carriedOut(action.op, facts, args);
          if (failure !== undefined) return problem(rule, failure);
          facts = after;
          if (log !== undefined) logs.push(log);
          if (call !== undefined) calls.push(call);
        }
      }
    } catch (error) {
      if (error instanceof Error && error.name === 'RuleProblem') return problem(rule, error.message);
      throw error;
    }
  }
  return { kind: 'result', facts, logs, calls };
}

function problem({ uuid, description, sensitive }: InspectionRule, why: string): Verdict {
  const name = description === null ? uuid : `${uuid} (${description})`;
  const said = sensitive ? 'it is sensitive, so what it says is not shown' : why;
  return { kind: 'problem', message: `Inspection failed: inspection rule ${name}: ${said}` };
}

function isMet(condition: Operation, facts: Facts): boolean {
  const verdict = (item: Json | undefined) =>
    holds(condition.op, named(condition.op, interpolate(condition.args, scopeOf(facts, item))));
  const items = rounds(condition, facts);
  if (condition.loop === undefined) return verdict(undefined);
  switch (condition.multiple) {
    case 'all':
      return items.every(verdict);
    case 'first':
      return items.length > 0 && verdict(items[0]);
    case 'last':
      return items.length > 0 && verdict(items.at(-1));
    default:
      return items.some(verdict);
  }
}

/** What `{item}` is in turn: the members of a list, or of an object as {key, value}; once without a loop. */
function rounds({ loop, op }: Operation, facts: Facts): readonly (Json | undefined)[] {
  if (loop === undefined) return [undefined];
  const items = interpolate(loop, scopeOf(facts, undefined));
  if (Array.isArray(items)) return items as readonly Json[];
  if (isJsonObject(items)) return Object.entries(items).map(([key, value]) => ({ key, value }));
  if (items === null) return [];
  throw new RuleProblem(`the loop of ${op} is neither a list nor an object`);
}

const scopeOf = ({ node, inventory, plugin_data, ports }: Facts, item: Json | undefined): Scope =>
  ({ node, inventory, plugin_data, ports, ...(item === undefined ? {} : { item }) }) satisfies JsonObject;
