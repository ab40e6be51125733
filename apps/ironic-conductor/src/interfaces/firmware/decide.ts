import { type NodeStep, speaksRedfish } from '@metal3/node';
import { endStep, showStep } from '../../verbs/steps.ts';
import type { Decision, Seen } from '../../work/decision.ts';
import { isDone, type Journal, withDone } from '../../work/journal.ts';
import { afterSelfTest, decideSelfTest } from '../power/off-and-on.ts';
import { updatesOf } from './updates.ts';

/** BIOS settings and firmware versions have been read from the BMC, or cannot be. */
export const firmwareRead = 'firmware-read';
/** Firmware was installed in this piece of work. */
export const firmwareFlashed = 'firmware-flashed';
const lookEvery = 5_000;

/**
 * Reads once per piece of work what the BMC says of firmware and, where asked, of BIOS settings; undefined where that is done, or not
 * offered. Settings are read when a node is verified and after steps that change them, as in Ironic; an inspection leaves them alone.
 */
export function decideFirmwareRead(
  { node: { interfaces }, journal }: Pick<Seen, 'node' | 'journal'>,
  what: 'settings-too' | 'versions' = 'settings-too',
): Decision | undefined {
  const settingsToo = what === 'settings-too';
  const offered = (settingsToo && speaksRedfish(interfaces.bios)) || speaksRedfish(interfaces.firmware);
  if (!offered || isDone(journal, firmwareRead)) return undefined;
  return { kind: 'effect', effect: { kind: 'read-firmware', settingsToo } };
}

export const isFirmwareUpdate = (step: NodeStep, { node }: Pick<Seen, 'node'>): boolean =>
  step.interface === 'firmware' && step.step === 'update' && speaksRedfish(node.interfaces.firmware);

/**
 * The next act of a step that installs firmware, one component after the other. New firmware of the BIOS and of network adapters is taken over in a
 * self test: at once for the BIOS, and for an adapter when its update is over, or waits for that.
 */
export function decideFirmwareUpdate(seen: Seen, phase: 'clean' | 'service', step: NodeStep): Decision {
  const { journal, now } = seen;
  const finished = journal.update?.finished ?? 0;
  const running = journal.update?.running ?? null;
  if (running === null) {
    if (finished > 0 && finished >= updatesOf(step).length)
      return { kind: 'note', journal: updatesOver(journal, phase, step) };
    return {
      kind: 'effect',
      effect: { kind: 'run-step', of: phase, index: journal.steps?.finished ?? 0, step },
      change: showStep(phase, journal, step),
    };
  }
  const restarts = running.component === 'bios' || running.awaitsRestart === true;
  if (restarts && !running.restarted) return decideRestart(seen, running);
  const lookAt = running.lookedAt + lookEvery;
  if (now >= lookAt) return { kind: 'effect', effect: { kind: 'look-at-update' } };
  return {
    kind: 'wait',
    waitKind: 'pause',
    awaited: `the update of the ${running.component} firmware`,
    wakeAt: lookAt,
  };
}

type Running = NonNullable<NonNullable<Journal['update']>['running']>;

function decideRestart(seen: Seen, running: Running): Decision {
  const { journal } = seen;
  const update = { finished: journal.update?.finished ?? 0, running: { ...running, restarted: true } };
  return decideSelfTest(seen) ?? { kind: 'note', journal: { ...afterSelfTest(journal), update } };
}

function updatesOver(journal: Journal, phase: 'clean' | 'service', step: NodeStep): Journal {
  return { ...endStep(withDone(journal, firmwareFlashed), phase, step), update: null };
}
