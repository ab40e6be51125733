import type { NodeStep } from '@metal3/node';
import type { Change, Decision, Seen } from '../work/decision.ts';
import type { StepPhase } from '../work/effects.ts';
import { type CommandMemory, isDone, type Journal, withFailure } from '../work/journal.ts';
import { explainWriteFailure } from './deploy/write-failure.ts';

/** The step under way, or the next one; undefined when all are over. */
export function currentStep(journal: Journal): NodeStep | undefined {
  return journal.steps?.list[journal.steps.finished];
}

/** The step under way is over. */
export function stepOver(journal: Journal): Journal {
  if (journal.steps === null) return journal;
  return { ...journal, command: null, steps: { ...journal.steps, finished: journal.steps.finished + 1 } };
}

export function stepName(step: NodeStep): string {
  return `${step.interface}.${step.step}`;
}

/** The end of a step that could not be stopped: of the work, too, where somebody asked for that meanwhile. */
export function endStep(journal: Journal, phase: StepPhase, step: NodeStep | undefined): Journal {
  const after = stepOver(journal);
  return isDone(journal, 'abort-after') ? aborted(after, phase, step) : after;
}

/** The work ends here because somebody asked for it. Clients look for the word "aborted". */
export function aborted(journal: Journal, phase: string, step: NodeStep | undefined): Journal {
  const where = step === undefined ? '' : ` during or after the completion of step ${stepName(step)}`;
  const error = `By request, the ${phase} operation was aborted${where}`;
  return { ...journal, retry: null, power: null, failure: { error, event: 'abort', fault: null } };
}

/** Shows the step under way on the node. */
export function showStep(phase: StepPhase, journal: Journal, step: NodeStep): Change {
  const finished = journal.steps?.finished ?? 0;
  const total = journal.steps?.list.length ?? 0;
  const progress = `${phase} step ${finished + 1}/${total}: ${stepName(step)}`;
  const patch =
    phase === 'clean' ? { cleanStep: step } : phase === 'deploy' ? { deployStep: step } : { serviceStep: step };
  return { patch: { ...patch, progress }, internal: { [`${phase}_step_index`]: finished } };
}

/**
 * Runs one step in the agent: gives it once, waits for a heartbeat, looks at the command, and notes how it ended. Never undefined: the end of
 * the step is a note too.
 */
export function decideAgentStep(
  seen: Seen,
  phase: StepPhase,
  step: NodeStep,
  whileWaiting: Change | undefined,
): Decision {
  const { journal, node } = seen;
  const words = `${phase} step ${stepName(step)}`;
  if (journal.command === null) {
    return {
      kind: 'effect',
      effect: { kind: 'give-step', of: phase, index: journal.steps?.finished ?? 0, step },
      change: showStep(phase, journal, step),
    };
  }
  switch (journal.command.status) {
    case 'succeeded': {
      return { kind: 'note', journal: endStep(journal, phase, step) };
    }
    case 'failed':
      return {
        kind: 'note',
        journal: withFailure(
          journal,
          `Agent returned error for ${words} on node ${node.uuid} : ${complaintOf(journal.command, seen, step)}`,
        ),
      };
    case 'version-mismatch':
      // The agent's hardware managers changed under us, so its step list did too: begin again with the new one.
      return { kind: 'note', journal: { ...journal, command: null, steps: null } };
    case 'running':
      return decideRunning(seen, journal.command, words, whileWaiting);
  }
}

function complaintOf({ error }: CommandMemory, { node }: Seen, { step }: NodeStep): string {
  const words = error ?? 'no explanation given';
  return step === 'write_image' ? explainWriteFailure(words, node.instanceInfo['image_source']) : words;
}

/** What to do about a command that was running when last looked at. */
export function decideRunning(
  seen: Seen,
  command: CommandMemory,
  words: string,
  whileWaiting: Change | undefined,
): Decision {
  const { node, now, policy } = seen;
  const heard = node.agent?.lastHeartbeat ?? 0;
  const quietSince = Math.max(heard, command.givenAt, command.lookedAt);
  const gone = decideGone(seen, quietSince, words);
  if (gone !== undefined) return gone;
  if (now - quietSince >= policy.timeouts.agentSilence) {
    return {
      kind: 'note',
      journal: withFailure(
        seen.journal,
        `Timeout reached while waiting for callback for node ${node.uuid}: the agent has not been heard of for ` +
          `${Math.round((now - quietSince) / 1000)} seconds; awaited the end of ${words}. ` +
          'The machine was restarted, or has lost its network: its console tells which',
      ),
    };
  }
  if (heard > command.lookedAt || now - command.lookedAt >= policy.timeouts.commandLook) {
    return { kind: 'effect', effect: { kind: 'look-at-command' } };
  }
  return {
    kind: 'wait',
    waitKind: 'agent',
    awaited: `the end of ${words}`,
    wakeAt: command.lookedAt + policy.timeouts.commandLook,
    ...(whileWaiting === undefined ? {} : { change: whileWaiting }),
  };
}

/**
 * An agent that does not answer may be busy, or its network down, and then its command goes on. On a machine that is switched off nothing goes
 * on: there is no need to wait for the rest of the agent's silence. Undefined while nothing is known to be wrong.
 */
function decideGone({ journal, node, now, policy }: Seen, since: number, words: string): Decision | undefined {
  const { power, retry } = journal;
  const seenAt = power?.seenAt ?? 0;
  if (power?.state === 'off' && seenAt > since) {
    const error =
      `The machine of node ${node.uuid} is switched off, and with it the agent that was to finish ${words}. ` +
      `Somebody or something other than this service has switched it off`;
    return { kind: 'note', journal: withFailure(journal, error) };
  }
  const unanswered = retry?.effect === 'look-at-command';
  if (unanswered && now - seenAt >= policy.timeouts.startLook)
    return { kind: 'effect', effect: { kind: 'read-power' } };
  return undefined;
}
