import { canTransition } from '@metal3/node';
import { decideBiosRestart } from '../../interfaces/bios/decide.ts';
import { agentHasCalled, decideAgentBoot } from '../../interfaces/boot/decide.ts';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { isDone, withDone, withFailure } from '../../work/journal.ts';
import { decideBackToInstance } from '../back-to-instance.ts';
import { planRequestedSteps, requestedSteps } from '../cleaning/plan.ts';
import { isConductorStep, ownSteps } from '../own-steps.ts';
import { decidePause } from '../pause.ts';
import { currentStep, decideAgentStep, showStep, stepName } from '../steps.ts';

const notesGone = { service_steps: null, service_step_index: null } as const;
const noSteps = { steps: [], hardwareManagerVersion: {}, commandId: '' } as const;

/** Steps on a deployed node: in the agent where they need it, and back to the instance afterwards. */
export function decideServicing(seen: Seen): Decision {
  const { journal, node, policy } = seen;
  if (journal.failure !== null) return decideFailed(seen);
  const restart = decideBiosRestart(seen, 'service');
  if (restart !== undefined) return restart;

  const wanted = requestedSteps(seen.args['service_steps']);
  const toWait: Change | undefined = node.provisionState === 'servicing' ? { event: 'wait' } : undefined;
  const withoutAgent =
    node.interfaces.deploy === 'fake' ||
    seen.args['disable_ramdisk'] === true ||
    wanted.every((step) => isConductorStep(step, node.interfaces));
  if (!withoutAgent && !isDone(journal, 'serviced')) {
    const boot = decideAgentBoot(seen, {
      purpose: 'service',
      mayUseRunningAgent: true,
      arrived: agentHasCalled(seen),
      awaited: 'the first heartbeat of the agent',
      beforeStart: toWait,
      timeout: policy.timeouts.serviceCallback,
      timeoutError:
        `Timeout reached while servicing the node. Please check if the ramdisk responsible for the servicing is running on the node. ` +
        `Awaited the first heartbeat of the agent for ${Math.round(policy.timeouts.serviceCallback / 1000)} seconds after power on`,
    });
    if (boot !== undefined) return boot;
  }
  if (journal.steps === null) {
    if (!withoutAgent) return { kind: 'effect', effect: { kind: 'ask-steps', of: 'service' } };
    const plan = planRequestedSteps('service', wanted, noSteps, ownSteps(node.interfaces));
    if (plan.kind === 'problem') return { kind: 'note', journal: withFailure(journal, plan.message) };
    return {
      kind: 'note',
      journal: { ...journal, steps: { list: plan.list, finished: 0, hardwareManagerVersion: {} } },
    };
  }
  const step = currentStep(journal);
  if (step === undefined) return over(seen);
  const pause = decidePause(seen, 'service', step, toWait);
  if (pause !== undefined) return pause;
  if (!isConductorStep(step, node.interfaces)) return decideAgentStep(seen, 'service', step, toWait);
  return {
    kind: 'effect',
    effect: { kind: 'run-step', of: 'service', index: journal.steps.finished, step },
    change: showStep('service', journal, step),
  };
}

function over(seen: Seen): Decision {
  const { node, journal } = seen;
  if (node.provisionState === 'service wait') return { kind: 'note', journal, change: { event: 'resume' } };
  const serviced = withDone(journal, 'serviced');
  if (serviced !== journal) return { kind: 'note', journal: serviced };
  if (journal.boot !== null) {
    const back = decideBackToInstance(seen);
    if (back !== undefined) return back;
  }
  return {
    kind: 'end',
    change: {
      event: 'done',
      patch: { serviceStep: null, progress: null, lastError: null },
      internal: notesGone,
      ...(journal.boot === null ? {} : { agent: null, bootEntry: null }),
    },
  };
}

/** A failed step leaves the machine as it is, for a person to look at, in maintenance; an abort brings the instance back. */
function decideFailed(seen: Seen): Decision {
  const { journal, node } = seen;
  const { failure } = journal;
  if (failure === null) return { kind: 'end', change: {} };
  const aborted = failure.event === 'abort';
  if (aborted && journal.boot !== null && !isDone(journal, 'tidied')) {
    const back = decideBackToInstance(seen);
    if (back !== undefined) return back;
  }
  const running = currentStep(journal);
  const stepFailed = !aborted && running !== undefined;
  const error = stepFailed ? `${failure.error} (service step ${stepName(running)})` : failure.error;
  return {
    kind: 'end',
    change: {
      event: aborted && canTransition(node.provisionState, 'abort') ? 'abort' : 'fail',
      patch: {
        lastError: error,
        serviceStep: null,
        progress: null,
        ...(stepFailed ? { maintenance: true, maintenanceReason: error, fault: 'service failure' as const } : {}),
      },
      internal: { service_step_index: null },
      agent: null,
      ...(aborted ? { bootEntry: null } : {}),
      history: { event: error, eventType: 'servicing', severity: 'ERROR' },
    },
  };
}
