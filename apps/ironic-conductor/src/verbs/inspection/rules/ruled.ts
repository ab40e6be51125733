import type { JsonObject, Node, Port } from '@metal3/node';
import type { UserRecord } from '@metal3/node-store';
import type { Change } from '../../../work/decision.ts';
import type { InspectionResult } from '../hooks.ts';
import { applyRules, type Verdict } from './apply.ts';
import { nodePatch, nodeView } from './node-view.ts';
import { rulesInOrder } from './operation.ts';
import { portViews, portWrites } from './port-view.ts';

/** What is to be written after an inspection and the rules that operators have made for it. */
export type Ruled =
  | (Pick<Extract<Verdict, { kind: 'result' }>, 'logs' | 'calls'> & {
      readonly kind: 'result';
      readonly change: Pick<Change, 'patch' | 'ports' | 'traits'>;
      readonly pluginData: JsonObject;
    })
  | { readonly kind: 'problem'; readonly message: string };

export function ruledBy(
  rules: readonly UserRecord[],
  node: Node,
  ports: readonly Port[],
  result: InspectionResult,
): Ruled {
  const inspected: Node = { ...node, properties: result.properties };
  const before = {
    node: nodeView(inspected),
    traits: node.traits,
    inventory: result.inventory,
    plugin_data: result.pluginData,
    ports: portViews(ports, result.ports),
  };
  const verdict = applyRules(rulesInOrder(rules), before);
  if (verdict.kind === 'problem') return verdict;
  const { facts, logs, calls } = verdict;
  try {
    return {
      kind: 'result',
      logs,
      calls,
      pluginData: facts.plugin_data,
      change: {
        patch: { properties: result.properties, ...nodePatch(inspected, before.node, facts.node) },
        ports: portWrites(ports, result.ports, facts.ports),
        ...(facts.traits === node.traits ? {} : { traits: facts.traits }),
      },
    };
  } catch (error) {
    if (error instanceof Error && error.name === 'RuleProblem')
      return { kind: 'problem', message: `Inspection failed: what inspection rules ask for: ${error.message}` };
    throw error;
  }
}
