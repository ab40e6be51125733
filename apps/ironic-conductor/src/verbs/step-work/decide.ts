import { canTransition, type NodeStep } from '@metal3/node';
import { decideBiosRestart } from '../../interfaces/bios/decide.ts';
import { agentHasCalled, decideAgentBoot } from '../../interfaces/boot/decide.ts';
import { decideFirmwareRead, decideFirmwareUpdate, isFirmwareUpdate } from '../../interfaces/firmware/decide.ts';
import { decideRaid } from '../../interfaces/raid/decide.ts';
import { isRaidStep } from '../../interfaces/raid/wish.ts';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { withFailure } from '../../work/journal.ts';
import { planRequestedSteps } from '../cleaning/plan.ts';
import { isConductorStep, ownSteps } from '../own-steps.ts';
import { decidePause } from '../pause.ts';
import { afterInstance } from '../tear-down/decide.ts';
import { currentStep, decideAgentStep, showStep, stepName } from '../steps.ts';

const noSteps = { steps: [], hardwareManagerVersion: {}, commandId: '' } as const;

/** What differs between cleaning and servicing. */
interface Phase {
  readonly doing: string;
  readonly working: 'cleaning' | 'servicing';
  readonly field: 'cleanStep' | 'serviceStep';
  readonly fault: 'clean failure' | 'service failure';
  readonly timeout: 'cleanCallback' | 'serviceCallback';
}

const phases: { readonly [name in 'clean' | 'service']: Phase } = {
  clean: {
    doing: 'cleaning',
    working: 'cleaning',
    field: 'cleanStep',
    fault: 'clean failure',
    timeout: 'cleanCallback',
  },
  service: {
    doing: 'servicing',
    working: 'servicing',
    field: 'serviceStep',
    fault: 'service failure',
    timeout: 'serviceCallback',
  },
};

export interface StepWork {
  readonly phase: 'clean' | 'service';
  /** The steps asked for; null for those that the agent offers by itself. */
  readonly wanted: readonly NodeStep[] | null;
}

/** The next act of running steps, in the agent where they need it; undefined once all are over. */
export function decideStepWork(seen: Seen, { phase, wanted }: StepWork): Decision | undefined {
  const { journal, node, policy } = seen;
  const { doing, working, timeout } = phases[phase];
  const restart = decideBiosRestart(seen, phase);
  if (restart !== undefined) return restart;

  const running = currentStep(journal);
  // It restarts the machine, so no agent is booted for it or waited for.
  if (running !== undefined && isFirmwareUpdate(running, seen)) return decideFirmwareUpdate(seen, phase, running);

  // The machine may be restarted in the midst of it.
  if (running !== undefined && journal.raid !== null) return decideRaid(seen, phase, running);

  const toWait: Change | undefined = node.provisionState === working ? { event: 'wait' } : undefined;
  const withoutAgent =
    node.interfaces.deploy === 'fake' ||
    (wanted !== null && (seen.args['disable_ramdisk'] === true || !wanted.some((step) => needsAgent(step, node))));
  if (!withoutAgent) {
    const boot = decideAgentBoot(seen, {
      purpose: phase,
      mayUseRunningAgent: seen.args[afterInstance] !== true,
      arrived: agentHasCalled(seen),
      awaited: 'the first heartbeat of the agent',
      beforeStart: toWait,
      timeout: policy.timeouts[timeout],
      timeoutError:
        `Timeout reached while ${doing} the node. Please check if the ramdisk responsible for the ${doing} is running on the node. ` +
        `Awaited the first heartbeat of the agent for ${Math.round(policy.timeouts[timeout] / 1000)} seconds after power on`,
    });
    if (boot !== undefined) return boot;
  }
  if (journal.steps === null) {
    if (!withoutAgent) return { kind: 'effect', effect: { kind: 'ask-steps', of: phase } };
    const plan = planRequestedSteps(phase, wanted ?? [], noSteps, ownSteps(node.interfaces));
    if (plan.kind === 'problem') return { kind: 'note', journal: withFailure(journal, plan.message) };
    return {
      kind: 'note',
      journal: { ...journal, steps: { list: plan.list, finished: 0, hardwareManagerVersion: {} } },
    };
  }

  const step = running;
  // The agent's own steps leave BIOS and firmware alone, and while it works the BMC is not asked anything.
  if (step === undefined) return journal.steps.list.some(changesFirmware) ? decideFirmwareRead(seen) : undefined;
  const pause = decidePause(seen, phase, step, toWait);
  if (pause !== undefined) return pause;
  if (isRaidStep(step, node)) return decideRaid(seen, phase, step);
  if (!isConductorStep(step, node.interfaces)) return decideAgentStep(seen, phase, step, toWait);
  return {
    kind: 'effect',
    effect: { kind: 'run-step', of: phase, index: journal.steps.finished, step },
    change: showStep(phase, journal, step),
  };
}

/** Many BMCs know a machine's drives only while it runs, so that steps of RAID run beside an agent, as in Ironic. */
const needsAgent = (step: NodeStep, node: Seen['node']): boolean =>
  !isConductorStep(step, node.interfaces) || isRaidStep(step, node);

const changesFirmware = (step: NodeStep): boolean => step.interface === 'bios' || step.interface === 'firmware';

/**
 * The end of steps that failed or were aborted, after the tidying. A failed step leaves the machine as it is, for a person to look at, in
 * maintenance.
 */
export function stepsFailed({ journal, node }: Seen, phase: 'clean' | 'service'): Decision {
  const { failure } = journal;
  if (failure === null) return { kind: 'end', change: {} };
  const { doing, field, fault } = phases[phase];
  const running = currentStep(journal);
  const aborted = failure.event === 'abort';
  const stepFailed = !aborted && running !== undefined;
  const error = stepFailed ? `${failure.error} (${phase} step ${stepName(running)})` : failure.error;
  return {
    kind: 'end',
    change: {
      event: aborted && canTransition(node.provisionState, 'abort') ? 'abort' : 'fail',
      patch: {
        lastError: error,
        [field]: null,
        progress: null,
        ...(stepFailed ? { maintenance: true, maintenanceReason: error, fault } : {}),
      },
      internal: { [`${phase}_step_index`]: null },
      agent: null,
      ...(aborted ? { bootEntry: null } : {}),
      history: { event: error, eventType: doing, severity: 'ERROR' },
    },
  };
}

/** What the node shows once all steps are over. */
export function stepsOver(phase: 'clean' | 'service'): Pick<Change, 'patch' | 'internal'> {
  return {
    patch: { [phases[phase].field]: null, progress: null, lastError: null },
    internal: { [`${phase}_steps`]: null, [`${phase}_step_index`]: null },
  };
}
