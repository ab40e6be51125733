import type { AgentCommand, AgentStep, CommandStatus, OfferedSteps } from './protocol.ts';
import type { StepKind } from './client.ts';

const statuses: readonly CommandStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'CLEAN_VERSION_MISMATCH'];

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/** Reads one command object. A status we do not know counts as FAILED: nothing can be built on it. */
export function commandOf(value: unknown): AgentCommand {
  const error = field(value, 'command_error');
  const status = field(value, 'command_status');
  return {
    id: text(field(value, 'id')),
    name: text(field(value, 'command_name')),
    status: statuses.find((known) => known === status) ?? 'FAILED',
    error:
      error === undefined || error === null
        ? undefined
        : typeof error === 'string'
          ? { type: '', message: error, details: '' }
          : {
              type: text(field(error, 'type')),
              message: text(field(error, 'message')),
              details: text(field(error, 'details')),
            },
    result: field(value, 'command_result') ?? undefined,
  };
}

/** The words for a failed command: message, then details unless they repeat it. */
export function failureText(command: AgentCommand): string {
  if (command.error === undefined) return `${command.name} ended with status ${command.status}`;
  const { message, details, type } = command.error;
  const said = message || type || 'no explanation given';
  return details === '' || said.includes(details) || details.includes(said)
    ? details.length > said.length
      ? details
      : said
    : `${said}: ${details}`;
}

export function stepOf(value: unknown): AgentStep | undefined {
  const step = field(value, 'step');
  const owner = field(value, 'interface');
  if (typeof step !== 'string' || typeof owner !== 'string') return undefined;
  const priority = field(value, 'priority');
  const args = field(value, 'args');
  const argsinfo = field(value, 'argsinfo');
  return {
    interface: owner,
    step,
    priority: typeof priority === 'number' ? priority : 0,
    abortable: field(value, 'abortable') === true,
    reboot_requested: field(value, 'reboot_requested') === true,
    ...(field(value, 'requires_ramdisk') === false ? { requires_ramdisk: false } : {}),
    ...(typeof args === 'object' && args !== null ? { args: Object.fromEntries(Object.entries(args)) } : {}),
    ...(typeof argsinfo === 'object' && argsinfo !== null
      ? { argsinfo: Object.fromEntries(Object.entries(argsinfo)) }
      : {}),
  };
}

/** Flattens the steps of all hardware managers. The same step of two managers: the first wins, as in the agent. */
export function offeredSteps(kind: StepKind, command: AgentCommand): OfferedSteps {
  const { result, id: commandId } = command;
  const byManager = field(result, `${kind}_steps`);
  const steps: AgentStep[] = [];
  if (typeof byManager === 'object' && byManager !== null) {
    for (const list of Object.values(byManager)) {
      if (!Array.isArray(list)) continue;
      for (const item of list) {
        const step = stepOf(item);
        const known = steps.some((other) => other.step === step?.step && other.interface === step.interface);
        if (step !== undefined && !known) steps.push(step);
      }
    }
  }
  const versions = field(result, 'hardware_manager_version');
  return {
    steps,
    commandId,
    hardwareManagerVersion:
      typeof versions === 'object' && versions !== null
        ? Object.fromEntries(Object.entries(versions).map(([name, version]) => [name, String(version)]))
        : {},
  };
}

/** Identity of a step in a command's result (`clean_step`, `deploy_step`), to tell whether a command was ours. */
export function stepOfResult(
  kind: StepKind,
  command: AgentCommand,
): { readonly interface: string; readonly step: string } | undefined {
  const step = stepOf(field(command.result, `${kind}_step`));
  return step === undefined ? undefined : { interface: step.interface, step: step.step };
}
