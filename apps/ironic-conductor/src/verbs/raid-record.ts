import type { AgentCommand } from '@metal3/agent';
import { isJsonObject, type JsonObject, type NodeStep } from '@metal3/node';

/**
 * What a node's RAID is after a command of the agent: what the agent made, with the time, or nothing after it was deleted. Undefined when the
 * command changed nothing about RAID, or has not succeeded.
 */
export function raidAfter(step: NodeStep | undefined, command: AgentCommand, now: number): JsonObject | undefined {
  if (step?.interface !== 'raid' || command.status !== 'SUCCEEDED') return undefined;
  if (step.step === 'delete_configuration') return {};
  const made = resultOf(command.result);
  return made === undefined ? undefined : { ...made, last_updated: new Date(now).toISOString() };
}

/** The agent wraps what a step gave by the kind of step: `{ clean_result, clean_step }`. */
function resultOf(result: unknown): JsonObject | undefined {
  if (!isJsonObject(result)) return undefined;
  const made = ['clean_result', 'deploy_result', 'service_result'].map((key) => result[key]).find(isJsonObject);
  return made !== undefined && Array.isArray(made['logical_disks']) ? made : undefined;
}
