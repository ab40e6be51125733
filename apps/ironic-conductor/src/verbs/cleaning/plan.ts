import type { AgentStep, OfferedSteps } from '@metal3/agent';
import {
  isJsonObject,
  type Json,
  type JsonObject,
  type NodeInterfaces,
  type NodeStep,
  orderSteps,
  reservedSteps,
  type StepInterface,
  stepInterfaces,
} from '@metal3/node';

export type StepPlan =
  | { readonly kind: 'steps'; readonly list: readonly NodeStep[] }
  | { readonly kind: 'problem'; readonly message: string };

/** Steps that conductor and BMC carry out for the interfaces of one node. */
export type ConductorSteps = readonly { readonly interface: StepInterface; readonly step: string }[];

export function isStepInterface(text: string): text is StepInterface {
  return stepInterfaces.some((name) => name === text);
}

/**
 * The agent's steps that count for a node. Every agent offers to make RAID of software; on a node whose RAID is somebody else's
 * (or nobody's) that would be told as done, with none of the volumes asked for.
 */
export function agentStepsFor(interfaces: NodeInterfaces, offered: OfferedSteps): OfferedSteps {
  if (interfaces.raid === 'agent') return offered;
  return { ...offered, steps: offered.steps.filter((step) => step.interface !== 'raid') };
}

/** A step of an agent as the node shows it; undefined for interfaces we do not know. */
export function nodeStepOf(step: AgentStep, args?: JsonObject): NodeStep | undefined {
  if (!isStepInterface(step.interface)) return undefined;
  return {
    interface: step.interface,
    step: step.step,
    priority: step.priority ?? 0,
    ...(args === undefined ? {} : { args }),
    abortable: step.abortable ?? false,
  };
}

/** Automated cleaning: what the agent offers with a priority, which the configuration may override by step name; highest first. */
export function planAutomatedCleaning(
  offered: OfferedSteps,
  priorities: Readonly<Record<string, number>>,
): readonly NodeStep[] {
  const steps = offered.steps
    .map((step) => nodeStepOf({ ...step, priority: priorities[step.step] ?? step.priority ?? 0 }))
    .filter((step): step is NodeStep => step !== undefined);
  return orderSteps(steps);
}

/** Steps of a request body (`clean_steps`, `deploy_steps`), as they were accepted. */
export function requestedSteps(value: Json | undefined): readonly NodeStep[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: Json) => {
    if (!isJsonObject(item)) return [];
    const { interface: owner, step, args, priority } = item;
    if (typeof owner !== 'string' || !isStepInterface(owner) || typeof step !== 'string') return [];
    return [
      {
        interface: owner,
        step,
        ...(isJsonObject(args) ? { args } : {}),
        ...(typeof priority === 'number' ? { priority } : {}),
      },
    ];
  });
}

/** Manual cleaning and servicing: the requested steps in their order, each checked against what agent and conductor can do. */
export function planRequestedSteps(
  phase: 'clean' | 'service',
  wanted: readonly NodeStep[],
  offered: OfferedSteps,
  own: ConductorSteps,
): StepPlan {
  const problems: string[] = [];
  const list = wanted.map((step): NodeStep => {
    if (isReserved(step) || isOwn(step, own)) return { ...step, abortable: false };
    const match = offered.steps.find((known) => known.step === step.step && known.interface === step.interface);
    if (match === undefined) {
      problems.push(`node does not support this ${phase} step: ${JSON.stringify(step)}`);
      return step;
    }
    const missing = Object.entries(match.argsinfo ?? {})
      .filter(([name, { required }]) => required === true && step.args?.[name] === undefined)
      .map(([name]) => name);
    const unknown = Object.keys(step.args ?? {}).filter((name) => match.argsinfo?.[name] === undefined);
    if (missing.length > 0)
      problems.push(`${phase} step ${step.step} is missing these required arguments: ${missing.join(', ')}`);
    if (unknown.length > 0)
      problems.push(`${phase} step ${step.step} has these unexpected arguments: ${unknown.join(', ')}`);
    return { ...step, abortable: match.abortable ?? false };
  });
  return problems.length > 0 ? { kind: 'problem', message: problems.join('; ') } : { kind: 'steps', list };
}

export function isReserved(step: NodeStep): boolean {
  return reservedSteps.some((name) => name === step.step);
}

export function isOwn(step: NodeStep, own: ConductorSteps): boolean {
  return own.some((known) => known.step === step.step && known.interface === step.interface);
}
