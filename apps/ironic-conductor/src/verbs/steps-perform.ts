import { type AgentCall, type AgentClient, type AgentCommand, failureText, type OfferedSteps } from '@metal3/agent';
import type { JsonObject, NodeStep } from '@metal3/node';
import type { NodeStore } from '@metal3/node-store';
import { aboutNode, type AgentOf } from '../interfaces/agent.ts';
import { portsOf } from '../interfaces/ports-of-node.ts';
import type { Seen } from '../work/decision.ts';
import type { StepPhase } from '../work/effects.ts';
import { type CommandMemory, type Journal, withFailure } from '../work/journal.ts';
import type { Outcome, Performer } from '../work/perform.ts';
import {
  agentStepsFor,
  planAutomatedCleaning,
  planRequestedSteps,
  requestedSteps,
  type StepPlan,
} from './cleaning/plan.ts';
import { isManual } from './cleaning/decide.ts';
import type { DeployArguments } from './deploy/arguments.ts';
import { bootModeOf, deployInterfaceOf } from './deploy/instance.ts';
import { planDeployment } from './deploy/plan.ts';
import { ownDeploySteps, ownSteps } from './own-steps.ts';
import { raidAfter } from './raid-record.ts';
import { currentStep } from './steps.ts';

export interface StepPorts {
  readonly store: Pick<NodeStore, 'ports'>;
  readonly agentOf: AgentOf;
  readonly deployArguments: DeployArguments;
  /** Longest wait for one answer of an agent. */
  readonly requestMs: number;
}

export function stepPerformers({ store, agentOf, deployArguments, requestMs }: StepPorts): {
  readonly 'ask-steps': Performer<'ask-steps'>;
  readonly 'give-step': Performer<'give-step'>;
  readonly 'give-command': Performer<'give-command'>;
  readonly 'look-at-command': Performer<'look-at-command'>;
} {
  return {
    async 'ask-steps'({ of }, { seen, signal }) {
      const { node, journal } = seen;
      const agent = await agentOf(node);
      const about = aboutNode(node, await portsOf(store, node));
      const offered = await agent.steps(of, about, {
        signal,
        timeoutMs: requestMs,
      });
      const plan = planned(of, seen, agentStepsFor(node.interfaces, offered));
      if (plan.kind === 'problem') return { journal: withFailure(journal, plan.message) };
      const hardwareManagerVersion: JsonObject = offered.hardwareManagerVersion;
      return {
        journal: {
          ...journal,
          lastCommand: offered.commandId,
          steps: { list: plan.list, finished: 0, hardwareManagerVersion },
        },
        change: {
          internal: { [`${of}_steps`]: plan.list.map(shown), hardware_manager_version: hardwareManagerVersion },
        },
      };
    },

    async 'give-step'({ of, step }, { seen, resumed, signal, mayStart }) {
      const { node, journal } = seen;
      const agent = await agentOf(node);
      if (resumed) {
        const found = await findGiven(agent, journal, `execute_${of}_step`, { signal, timeoutMs: requestMs });
        if (found !== 'not given') return withCommand(seen, found);
      }
      const deploy = of === 'deploy' ? await deployArguments(node, step, signal, journal.image?.image) : undefined;
      const about = aboutNode(deploy?.node ?? node, await portsOf(store, node), deploy?.configDrive);
      const version = Object.fromEntries(
        Object.entries(journal.steps?.hardwareManagerVersion ?? {}).map(([name, value]) => [name, String(value)]),
      );
      const given = {
        interface: step.interface,
        step: step.step,
        priority: step.priority ?? 0,
        args: deploy?.args ?? step.args ?? {},
      };
      return withCommand(
        seen,
        await agent.executeStep(of, given, about, version, { signal, timeoutMs: requestMs, mayStart }),
      );
    },

    async 'give-command'({ command }, { seen, resumed, signal, mayStart }) {
      const agent = await agentOf(seen.node);
      if (resumed) {
        const found = await findGiven(agent, seen.journal, command.replace(/^.*\./, ''), {
          signal,
          timeoutMs: requestMs,
        });
        if (found !== 'not given') return withCommand(seen, found);
      }
      const uuids = await agent.ask('standby.get_partition_uuids', {}, { signal, timeoutMs: requestMs });
      const part = (key: string): string | null => {
        const value: unknown = typeof uuids === 'object' && uuids !== null ? Reflect.get(uuids, key) : undefined;
        return typeof value === 'string' ? value : null;
      };
      const params = {
        root_uuid: part('root uuid'),
        efi_system_part_uuid: part('efi system partition uuid'),
        prep_boot_part_uuid: part('PReP Boot partition uuid'),
        target_boot_mode: bootModeOf(seen.node),
      };
      return withCommand(seen, await agent.give(command, params, false, { signal, timeoutMs: requestMs, mayStart }));
    },

    async 'look-at-command'(_effect, { seen, signal }) {
      const { journal, node } = seen;
      if (journal.command === null) return { journal };
      const commands = await (await agentOf(node)).commands({ signal, timeoutMs: requestMs });
      const { id } = journal.command;
      const found = commands.find((command) => command.id === id);
      return withCommand(seen, found ?? 'restarted', commands.at(-1)?.id);
    },
  };
}

function planned(of: StepPhase, seen: Seen, offered: OfferedSteps): StepPlan {
  const { node, args, policy } = seen;
  if (of === 'deploy') {
    const wanted = requestedSteps(args['deploy_steps']);
    return planDeployment(deployInterfaceOf(node), wanted, offered, ownDeploySteps(node.interfaces));
  }
  const own = ownSteps(node.interfaces);
  if (of === 'service') return planRequestedSteps(of, requestedSteps(args['service_steps']), offered, own);
  if (isManual(seen)) return planRequestedSteps(of, requestedSteps(args['clean_steps']), offered, own);
  return { kind: 'steps', list: planAutomatedCleaning(offered, policy.cleanPriorities) };
}

/** A step as it is shown on the node: arguments may hold what is not for every reader. */
function shown({ interface: owner, step, priority }: NodeStep): JsonObject {
  return { interface: owner, step, priority: priority ?? 0 };
}

/**
 * Looks for a command that an interrupted try may have given: the last one of that name after the last command known. An agent that no longer
 * knows that last command was restarted, so whatever was given is lost with it.
 */
async function findGiven(
  agent: AgentClient,
  journal: Journal,
  name: string,
  call: AgentCall,
): Promise<AgentCommand | 'not given' | 'restarted'> {
  const commands = await agent.commands(call);
  const known = commands.findIndex(({ id }) => id === journal.lastCommand);
  if (journal.lastCommand !== null && known < 0) return 'restarted';
  return commands.slice(known + 1).findLast((command) => command.name === name) ?? 'not given';
}

const states = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CLEAN_VERSION_MISMATCH: 'version-mismatch',
} as const;

function withCommand({ journal, now }: Seen, found: AgentCommand | 'restarted', last?: string): Outcome {
  const before = journal.command;
  if (found === 'restarted') {
    const lost: CommandMemory = {
      id: before?.id ?? '',
      name: before?.name ?? '',
      givenAt: before?.givenAt ?? now,
      lookedAt: now,
      status: 'failed',
      error: 'the agent was restarted and no longer knows the command; whether it finished cannot be told',
    };
    return { journal: { ...journal, command: lost, retry: null } };
  }
  const command: CommandMemory = {
    id: found.id,
    name: found.name,
    givenAt: before?.givenAt ?? now,
    lookedAt: now,
    status: states[found.status],
    error: found.status === 'FAILED' ? failureText(found) : null,
  };
  const raidConfig = raidAfter(currentStep(journal), found, now);
  return {
    journal: { ...journal, command, lastCommand: last ?? found.id, retry: null },
    ...(raidConfig === undefined ? {} : { change: { patch: { raidConfig } } }),
  };
}
