import { canTransition } from '@metal3/node';
import { agentHasCalled, decideAgentBoot } from '../../interfaces/boot/decide.ts';
import { decideBootFromDisk } from '../../interfaces/boot/from-disk.ts';
import { decideMediumOut, decidePutAway } from '../../interfaces/boot/put-away.ts';
import { bootOrder, wayOf } from '../../interfaces/boot/way.ts';
import { decidePower } from '../../interfaces/power/decide.ts';
import { decideOff, decideStart } from '../../interfaces/power/off-and-on.ts';
import { decideRaid } from '../../interfaces/raid/decide.ts';
import { isRaidStep } from '../../interfaces/raid/wish.ts';
import type { Change, Decision, Seen } from '../../work/decision.ts';
import { isDone, withDone, withFailure } from '../../work/journal.ts';
import { isReserved } from '../cleaning/plan.ts';
import { decidePause } from '../pause.ts';
import { currentStep, decideAgentStep, decideRunning, showStep, stepName, stepOver } from '../steps.ts';
import { bootModeOf, deployInterfaceOf, instanceProblem, wantsSecureBoot } from './instance.ts';
import { decideImageReady, decideImageStart, wantsLocalImage } from './local-image.ts';
import { isConductorDeployStep } from './plan.ts';

const notesGone = { deploy_steps: null, deploy_step_index: null, user_deploy_steps: null } as const;

/** Deployment and rebuild, from accepted to a running instance. */
export function decideDeploy(seen: Seen): Decision {
  const { journal, node } = seen;
  if (journal.failure !== null) return decideFailed(seen);

  const problem = instanceProblem(node, wantsLocalImage(node, seen.policy));
  if (problem !== undefined)
    return { kind: 'note', journal: withFailure(journal, `Failed to validate deploy info: ${problem}`) };

  switch (deployInterfaceOf(node)) {
    case 'fake':
      return deployed();
    case 'ramdisk':
      return decideRamdisk(seen);
    case 'direct':
    case 'custom-agent':
      return decideAgentDeploy(seen);
  }
}

function deployed(): Decision {
  return {
    kind: 'end',
    change: {
      event: 'done',
      patch: { deployStep: null, progress: null, lastError: null },
      internal: notesGone,
      agent: null,
    },
  };
}

function decideAgentDeploy(seen: Seen): Decision {
  const { journal, node, policy } = seen;
  const waiting: Change | undefined = node.provisionState === 'deploying' ? { event: 'wait' } : undefined;
  const image = decideImageStart(seen);
  if (image !== undefined) return image;
  const making = journal.raid === null ? undefined : currentStep(journal);
  if (making !== undefined) return decideRaid(seen, 'deploy', making);
  const boot = decideAgentBoot(seen, {
    purpose: 'deploy',
    mayUseRunningAgent: true,
    arrived: agentHasCalled(seen),
    awaited: 'the first heartbeat of the agent',
    beforeStart: waiting,
    timeout: policy.timeouts.deployCallback,
    timeoutError:
      `Timeout reached while waiting for callback for node ${node.uuid}: awaited the first heartbeat of the agent for ` +
      `${Math.round(policy.timeouts.deployCallback / 1000)} seconds after power on`,
  });
  if (boot !== undefined) return boot;
  if (journal.steps === null) return { kind: 'effect', effect: { kind: 'ask-steps', of: 'deploy' } };

  const step = currentStep(journal);
  if (step === undefined) {
    if (node.provisionState === 'wait call-back') return { kind: 'note', journal, change: { event: 'resume' } };
    return deployed();
  }
  if (step.step === 'write_image' && journal.command === null) {
    const notYet = decideImageReady(seen, waiting);
    if (notYet !== undefined) return notYet;
  }
  const pause = decidePause(seen, 'deploy', step, waiting);
  if (pause !== undefined) return pause;
  if (isRaidStep(step, node)) return decideRaid(seen, 'deploy', step);
  if (isReserved(step)) {
    const index = journal.steps.finished;
    return {
      kind: 'effect',
      effect: { kind: 'run-step', of: 'deploy', index, step },
      change: showStep('deploy', journal, step),
    };
  }
  if (!isConductorDeployStep(step)) return decideAgentStep(seen, 'deploy', step, waiting);
  if (step.step === 'prepare_instance_boot') {
    const loader = decideBootloader(seen, waiting);
    if (loader !== undefined) return loader;
  }
  if (node.provisionState === 'wait call-back') return { kind: 'note', journal, change: { event: 'resume' } };
  if (node.deployStep?.step !== step.step) {
    return { kind: 'note', journal, change: showStep('deploy', journal, step) };
  }
  return decideConductorStep(seen, step.step) ?? { kind: 'note', journal: stepOver(journal) };
}

/** Without an entry in its boot order, UEFI firmware may not find a freshly written system again. Undefined when there is none to make. */
function decideBootloader(seen: Seen, waiting: Change | undefined): Decision | undefined {
  const { journal, node } = seen;
  if (deployInterfaceOf(node) !== 'direct' || bootModeOf(node) !== 'uefi' || isDone(journal, 'bootloader'))
    return undefined;
  const { command } = journal;
  if (command === null)
    return { kind: 'effect', effect: { kind: 'give-command', command: 'image.install_bootloader' } };
  switch (command.status) {
    case 'running':
      return decideRunning(seen, command, 'agent command image.install_bootloader', waiting);
    case 'succeeded':
      return { kind: 'note', journal: withDone({ ...journal, command: null }, 'bootloader') };
    default: {
      const error = `Failed to install a bootloader when deploying node ${node.uuid}. Error: ${command.error ?? command.status}`;
      return { kind: 'note', journal: withFailure(journal, error) };
    }
  }
}

/** Undefined when the step is over. */
function decideConductorStep(seen: Seen, step: string): Decision | undefined {
  switch (step) {
    case 'prepare_instance_boot':
      return decideBootFromDisk(seen, wantsSecureBoot(seen.node));
    case 'tear_down_agent':
      return seen.node.disablePowerOff ? undefined : decidePower(seen, { to: 'off', manner: 'agent' });
    case 'boot_instance':
      return decideStart(seen, 'agent', true);
    default:
      return undefined;
  }
}

/** A live ISO: nothing is written, the machine just keeps booting from the medium. */
function decideRamdisk(seen: Seen): Decision {
  const { journal, node } = seen;
  const way = wayOf(node);
  if (journal.boot === null) {
    return (
      decideOff(seen) ?? {
        kind: 'effect',
        effect: { kind: 'prepare-boot', purpose: 'ramdisk' },
      }
    );
  }
  if (journal.boot.stage === 'prepared' && way === 'virtual-media')
    return { kind: 'effect', effect: { kind: 'insert-media' } };
  // Other ways have no second drive to put it into; Ironic leaves it out there, too.
  if (way === 'virtual-media' && node.hasConfigDrive && !isDone(journal, 'config-drive')) {
    return { kind: 'effect', effect: { kind: 'insert-config-drive' } };
  }
  if (way !== 'none' && !isDone(journal, 'boot-ordered')) {
    return { kind: 'effect', effect: bootOrder(way, true) };
  }
  return decideStart(seen, 'hard', true) ?? deployed();
}

/** The machine is switched off, so that a half-written system does not come up, and its medium is taken out. */
function decideFailed(seen: Seen): Decision {
  const { journal, node, policy } = seen;
  const { failure } = journal;
  if (failure === null) return { kind: 'end', change: {} };
  const touched = journal.boot !== null || journal.power !== null;
  if (touched && node.interfaces.deploy !== 'fake' && !isDone(journal, 'tidied')) {
    const tidy = policy.powerOffAfterDeployFailure ? decidePutAway(seen) : decideMediumOut(seen);
    return tidy ?? { kind: 'note', journal: withDone(journal, 'tidied') };
  }
  const running = currentStep(journal);
  const error =
    running === undefined || failure.error.includes(running.step)
      ? failure.error
      : `${failure.error} (deploy step ${stepName(running)})`;
  return {
    kind: 'end',
    change: {
      event: failure.event === 'abort' && canTransition(node.provisionState, 'abort') ? 'abort' : 'fail',
      patch: { lastError: error, deployStep: null, progress: null },
      internal: notesGone,
      agent: null,
      bootEntry: null,
      history: { event: error, eventType: 'deploying', severity: 'ERROR' },
    },
  };
}
