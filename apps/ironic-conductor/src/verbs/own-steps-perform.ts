import { isJsonObject, type Json, type NodeStep } from '@metal3/node';
import { biosSent, biosSettled } from '../interfaces/bios/decide.ts';
import { startNextUpdate } from '../interfaces/firmware/perform.ts';
import type { Machine } from '../interfaces/machine.ts';
import { askForVolume } from '../interfaces/raid/perform.ts';
import { isRaidStep } from '../interfaces/raid/wish.ts';
import { sendRaw } from '../interfaces/vendor/methods.ts';
import { isDone, type Journal, withDone } from '../work/journal.ts';
import type { Performer } from '../work/perform.ts';
import { EffectProblem, PassingProblem } from '../work/problems.ts';
import { stepOver } from './steps.ts';

/** Steps that the conductor and the BMC carry out without the agent. */
export function ownStepPerformers(): { readonly 'run-step': Performer<'run-step'> } {
  return {
    async 'run-step'({ step }, hand) {
      const { seen, machine, signal } = hand;
      const { journal, node } = seen;
      if (node.interfaces[step.interface] === 'fake') return { journal: stepOver(journal) };
      if (isRaidStep(step, node)) return askForVolume(hand);
      switch (step.step) {
        case 'power_on':
          await machine.changePower('on', 'hard', signal);
          return { journal: stepOver({ ...journal, power: null }), change: { patch: { powerState: 'power on' } } };
        case 'power_off':
          await machine.changePower('off', 'hard', signal);
          return { journal: stepOver({ ...journal, power: null }), change: { patch: { powerState: 'power off' } } };
        case 'reboot':
          await machine.restart('hard', signal);
          return { journal: stepOver({ ...journal, power: null }), change: { patch: { powerState: 'power on' } } };
        case 'apply_configuration':
          return { journal: await applyBios(step, journal, machine, signal) };
        case 'factory_reset':
          return { journal: await resetBios(journal, machine, signal) };
        case 'send_raw':
          await sendRaw(machine, step.args ?? {}, signal);
          return { journal: stepOver(journal) };
        case 'update':
          return startNextUpdate(hand);
        default:
          throw new EffectProblem(`Step ${step.interface}.${step.step} is not available for node ${node.uuid}`);
      }
    },
  };
}

/** Sets what differs, and is called again after the restart that makes it effective: then it only compares. */
async function applyBios(step: NodeStep, journal: Journal, machine: Machine, signal: AbortSignal): Promise<Journal> {
  const wanted = biosSettings(step.args?.['settings']);
  const current = await machine.biosAttributes(signal);
  const typed = Object.entries(wanted).map(([name, value]) => [name, likeCurrent(value, current[name])] as const);
  const different = typed.filter(([name, value]) => current[name] !== value);
  if (different.length === 0) return stepOver(biosSettled(journal));
  if (isDone(journal, biosSent)) {
    const names = different.map(([name]) => name).join(', ');
    throw new PassingProblem(`The BIOS settings ${names} have not taken effect yet`);
  }
  await machine.setBiosAttributes(Object.fromEntries(different), signal);
  return withDone({ ...journal, power: null }, biosSent);
}

/** Called again after the restart that makes it effective. */
async function resetBios(journal: Journal, machine: Machine, signal: AbortSignal): Promise<Journal> {
  if (isDone(journal, biosSent)) return stepOver(biosSettled(journal));
  await machine.resetBios(signal);
  return withDone({ ...journal, power: null }, biosSent);
}

/** Clients send every value as text; the BMC wants the type it reports. */
function likeCurrent(value: string, current: unknown): unknown {
  if (typeof current === 'number') return Number(value);
  if (typeof current === 'boolean') return /^(true|enabled|on|yes)$/i.test(value);
  return value;
}

function biosSettings(settings: Json | undefined): Readonly<Record<string, string>> {
  if (!Array.isArray(settings))
    throw new EffectProblem('bios.apply_configuration needs args.settings: a list of {name, value}');
  const pairs = settings.map((item: Json) => {
    const name = isJsonObject(item) ? item['name'] : undefined;
    const value = isJsonObject(item) ? item['value'] : undefined;
    if (typeof name !== 'string' || value === undefined) {
      throw new EffectProblem('bios.apply_configuration needs args.settings: a list of {name, value}');
    }
    return [name, typeof value === 'string' ? value : JSON.stringify(value)] as const;
  });
  return Object.fromEntries(pairs);
}
