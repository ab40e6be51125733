import { canTransition } from '@metal3/node';
import { decideBiosRestart, switchedOn } from '../../interfaces/bios/decide.ts';
import { agentHasCalled, agentIsRunning, decideAgentBoot } from '../../interfaces/boot/decide.ts';
import { decidePower } from '../../interfaces/power/decide.ts';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { isDone, withFailure } from '../../work/journal.ts';
import { isConductorStep, ownSteps } from '../own-steps.ts';
import { decidePause } from '../pause.ts';
import { currentStep, decideAgentStep, showStep, stepName } from '../steps.ts';
import { planRequestedSteps, requestedSteps } from './plan.ts';

/** Notes of cleaning that end with it. */
const notesGone = { clean_steps: null, clean_step_index: null } as const;
const noSteps = { steps: [], hardwareManagerVersion: {}, commandId: '' } as const;

/** Manual cleaning aims at `manageable`, automated at `available`. */
export function isManual({ node }: Pick<Seen, 'node'>): boolean {
  return node.targetProvisionState === 'manageable';
}

/** Automated and manual cleaning, from accepted to over. */
export function decideCleaning(seen: Seen): Decision {
  const { journal, node, policy } = seen;
  if (journal.failure !== null) return decideFailed(seen);

  const restart = decideBiosRestart(seen, 'clean');
  if (restart !== undefined) return restart;

  const manual = isManual(seen);
  const wanted = manual ? requestedSteps(seen.args['clean_steps']) : [];
  if (!manual && !(node.automatedClean ?? policy.automatedClean)) return over(seen);

  const withoutAgent =
    node.interfaces.deploy === 'fake' ||
    (manual &&
      (seen.args['disable_ramdisk'] === true || wanted.every((step) => isConductorStep(step, node.interfaces))));
  if (!withoutAgent) {
    const boot = decideAgentBoot(seen, {
      purpose: 'clean',
      mayUseRunningAgent: true,
      arrived: agentHasCalled(seen),
      awaited: 'the first heartbeat of the agent',
      beforeStart: node.provisionState === 'cleaning' ? { event: 'wait' } : undefined,
      timeout: policy.timeouts.cleanCallback,
      timeoutError:
        `Timeout reached while cleaning the node. Please check if the ramdisk responsible for the cleaning is running on the node. ` +
        `Awaited the first heartbeat of the agent for ${Math.round(policy.timeouts.cleanCallback / 1000)} seconds after power on`,
    });
    if (boot !== undefined) return boot;
  }
  if (journal.steps === null) {
    if (!withoutAgent) return { kind: 'effect', effect: { kind: 'ask-steps', of: 'clean' } };
    const plan = planRequestedSteps('clean', wanted, noSteps, ownSteps(node.interfaces));
    if (plan.kind === 'problem') return { kind: 'note', journal: withFailure(journal, plan.message) };
    return {
      kind: 'note',
      journal: { ...journal, steps: { list: plan.list, finished: 0, hardwareManagerVersion: {} } },
    };
  }

  const step = currentStep(journal);
  if (step === undefined) return over(seen);
  const toWait: Change | undefined = node.provisionState === 'cleaning' ? { event: 'wait' } : undefined;
  const pause = decidePause(seen, 'clean', step, toWait);
  if (pause !== undefined) return pause;
  if (!isConductorStep(step, node.interfaces)) return decideAgentStep(seen, 'clean', step, toWait);
  return {
    kind: 'effect',
    effect: { kind: 'run-step', of: 'clean', index: journal.steps.finished, step },
    change: showStep('clean', journal, step),
  };
}

/** The end: the agent stays for fast track, otherwise the machine is switched off and its medium taken out. */
function over(seen: Seen): Decision {
  const { node, journal } = seen;
  if (node.provisionState === 'clean wait') return { kind: 'note', journal, change: { event: 'resume' } };

  const used = journal.boot !== null || isDone(journal, switchedOn);
  const stays = agentIsRunning(seen) && !node.disablePowerOff;
  const change: Change = {
    event: isManual(seen) || node.retired ? 'manage' : 'done',
    patch: { cleanStep: null, progress: null, lastError: null },
    internal: notesGone,
  };
  if (used && !stays) {
    const off = decidePower(seen, { to: 'off', manner: 'hard' });
    if (off !== undefined) return off;
    if (node.interfaces.boot === 'redfish-virtual-media' && !isDone(journal, 'ejected')) {
      return { kind: 'effect', effect: { kind: 'eject-media' } };
    }
    return { kind: 'end', change: { ...change, agent: null, bootEntry: null } };
  }
  return { kind: 'end', change };
}

/** A failed step leaves the machine as it is, for a person to look at, in maintenance; an abort or a silent agent is tidied up. */
function decideFailed(seen: Seen): Decision {
  const { journal, node } = seen;
  const { failure } = journal;
  if (failure === null) return { kind: 'end', change: {} };
  const running = currentStep(journal);
  if (failure.event === 'abort' && !isDone(journal, 'tidied') && node.interfaces.deploy !== 'fake') {
    const off = decidePower(seen, { to: 'off', manner: 'hard' });
    if (off !== undefined) return off;
    if (node.interfaces.boot === 'redfish-virtual-media' && !isDone(journal, 'ejected')) {
      return { kind: 'effect', effect: { kind: 'eject-media' } };
    }
  }
  const stepFailed = failure.event === 'fail' && running !== undefined;
  const error = stepFailed ? `${failure.error} (clean step ${stepName(running)})` : failure.error;
  return {
    kind: 'end',
    change: {
      event: failure.event === 'abort' && canTransition(node.provisionState, 'abort') ? 'abort' : 'fail',
      patch: {
        lastError: error,
        cleanStep: null,
        progress: null,
        ...(stepFailed ? { maintenance: true, maintenanceReason: error, fault: 'clean failure' as const } : {}),
      },
      internal: { clean_step_index: null },
      agent: null,
      ...(failure.event === 'abort' ? { bootEntry: null } : {}),
      history: { event: error, eventType: 'cleaning', severity: 'ERROR' },
    },
  };
}
