import type { Fault } from '../faults/plan.ts';
import type { Machine } from '../machine/machine.ts';
import { AgentError } from './error.ts';

/** Work of a command: it takes simulated time, and the fault plan may strike in the middle of it. */
export interface Effort {
  readonly signal: AbortSignal;
  /** Takes so many simulated seconds. */
  spend(seconds: number): Promise<void>;
}

/** The ways a command may be struck, for the agent to carry out. */
export interface Calamity {
  /** The process dies: no answers any more, no heartbeats. */
  die(): void;
}

/** Begins the work of a command; faults for it are drawn now. */
export function beginEffort(machine: Machine, command: string, signal: AbortSignal, { die }: Calamity): Effort {
  const { faults, time } = machine.world;
  const occasion = { command };
  let dying: Fault | undefined = faults.take('agent.dies', machine.name, occasion);
  let rebooting: Fault | undefined = faults.take('agent.reboots', machine.name, occasion);
  const hanging = faults.take('agent.hangs', machine.name, occasion);
  let failing = faults.take('agent.step-fails', machine.name, occasion);
  return {
    signal,
    async spend(seconds) {
      const cut = dying ?? rebooting;
      if (cut !== undefined) {
        await time.pass(seconds * (cut.at ?? 0.5), signal);
        if (dying !== undefined) die();
        else machine.halt('reboot', 'fault');
        dying = rebooting = undefined;
        throw new AgentError('CommandExecutionError', cut.message ?? `fault ${cut.kind} struck`);
      }
      if (hanging !== undefined) await aborted(signal);
      if (failing !== undefined) {
        const { message } = failing;
        failing = undefined;
        throw new AgentError('CommandExecutionError', message ?? 'fault agent.step-fails struck');
      }
      await time.pass(seconds, signal);
    },
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
