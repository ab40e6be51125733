import { currentStep, endStep } from '../../verbs/steps.ts';
import { type Journal, withFailure } from '../../work/journal.ts';
import type { Hand, Outcome, Performer } from '../../work/perform.ts';
import { PassingProblem, wordsOf } from '../../work/problems.ts';
import type { Machine } from '../machine.ts';
import { raidErrors } from './errors.ts';
import { nextAct, type RaidAct, type RaidMemory, withAct } from './memory.ts';
import { planRaid } from './plan.ts';
import type { StorageReading, Volumes, VolumeReading } from './ports.ts';
import { raidRecord } from './record.ts';
import { raidWishOf } from './wish.ts';

/** Controllers that fill a volume before they say that it is there take hours. */
const longestOperation = 4 * 3_600_000;

type Creation = Extract<RaidAct, { readonly kind: 'create' }>;

export const raidPerformers: {
  readonly 'plan-raid': Performer<'plan-raid'>;
  readonly 'look-at-raid': Performer<'look-at-raid'>;
  readonly 'record-raid': Performer<'record-raid'>;
} = {
  async 'plan-raid'({ step }, { seen: { node, journal, now }, machine, signal }) {
    const wish = raidWishOf(step, node);
    const storage = await volumesOf(machine).read(signal);
    const deleted = journal.raid !== null;
    const raid = planRaid(deleted ? { ...wish, deletes: false } : wish, storage, now);
    const change = wish.creates ? { change: { patch: { targetRaidConfig: wish.target } } } : {};
    return { journal: { ...journal, raid }, ...change };
  },

  async 'look-at-raid'(_effect, { seen: { journal, node, now }, machine, signal }) {
    if (journal.raid === null) return { journal };
    let raid: RaidMemory = { ...journal.raid, lookedAt: now };
    for (const [index, act] of journal.raid.acts.entries()) {
      if (act.state !== 'asked' || act.operation === null) continue;
      const { state, words } = await machine.updateProgress(act.operation, signal);
      if (state === 'running') {
        if (now - (act.askedAt ?? now) < longestOperation) continue;
        const hours = Math.round(longestOperation / 3_600_000);
        const late = `${act.words} of node ${node.uuid} took longer than ${hours} hours: ${words}`;
        return { journal: withFailure(journal, late) };
      }
      // A BMC that was restarted knows nothing of its operations any more: the volumes tell.
      if (state === 'failed' && !(await isDoneAtMachine(volumesOf(machine), act, raid, signal))) {
        const failed = raidErrors.failed(`The BMC of node ${node.uuid} failed at ${act.words}: ${words}`);
        return { journal: withFailure(journal, wordsOf(failed)) };
      }
      raid = withAct(raid, index, { state: 'over', operation: null });
    }
    return { journal: { ...journal, raid } };
  },

  async 'record-raid'({ of }, { seen: { journal, node, now }, machine, signal }) {
    const step = currentStep(journal);
    const acts = journal.raid?.acts ?? [];
    const storage = await volumesOf(machine).read(signal);
    const made = madeBy(journal.raid, storage);
    const missing = acts.find((act) => act.kind === 'create' && !made.has(act));
    if (missing !== undefined)
      throw new PassingProblem(`The BMC is done with ${missing.words} and does not show it yet`);
    const left = acts.find((act) => act.kind === 'delete' && hasVolume(storage, act.volume));
    if (left !== undefined) throw new PassingProblem(`The BMC is done with ${left.words} and still shows it`);
    const roots = [...made].flatMap(([act, { path }]) => (act.isRoot ? [path] : []));
    return {
      journal: endStep({ ...journal, raid: null }, of, step),
      change: { patch: raidRecord(node, storage, roots, now) },
    };
  },
};

/**
 * Asks for the next volume to be made or deleted. After a crash it is not known whether the BMC got the request: then what there is, and what
 * the BMC remembers to have been asked for, is looked at first.
 */
export async function askForVolume({ seen, machine, resumed, signal }: Hand): Promise<Outcome> {
  const { journal, now } = seen;
  const { raid } = journal;
  const index = raid === null ? undefined : nextAct(raid);
  const act = index === undefined ? undefined : raid?.acts[index];
  if (raid === null || index === undefined || act === undefined) return { journal };
  const volumes = volumesOf(machine);
  const noted = (operation: string | null): Outcome => ({
    journal: withProgress(journal, raid, index, operation, now),
  });
  if (resumed) {
    if (await isDoneAtMachine(volumes, act, raid, signal)) return noted(null);
    const asked = await askedAlready(volumes, act, signal);
    if (asked !== undefined) return noted(asked);
  }
  return noted(
    act.kind === 'create'
      ? await volumes.create(act.order, signal)
      : await volumes.delete(act.volume, act.applyTime, signal),
  );
}

/** An operation to look at is under way; without one it is over. Power was last seen before, and a controller may restart the machine. */
function withProgress(
  journal: Journal,
  raid: RaidMemory,
  index: number,
  operation: string | null,
  now: number,
): Journal {
  const state = operation === null ? 'over' : 'asked';
  const noted = withAct({ ...raid, lookedAt: now }, index, { state, operation, askedAt: now });
  return { ...journal, power: null, raid: noted };
}

function volumesOf({ volumes }: Machine): Volumes {
  if (volumes === null) throw raidErrors.noController('The machine has no RAID controller that its BMC works on');
  return volumes;
}

async function isDoneAtMachine(
  volumes: Volumes,
  act: RaidAct,
  raid: RaidMemory,
  signal: AbortSignal,
): Promise<boolean> {
  const storage = await volumes.read(signal);
  return act.kind === 'delete' ? !hasVolume(storage, act.volume) : madeBy(raid, storage, act).has(act);
}

const hasVolume = (storage: readonly StorageReading[], path: string): boolean =>
  storage.some(({ volumes }) => volumes.some((volume) => volume.path === path));

/** Which volume each creation led to, of those asked for up to `last`: volumes of its kind on its drives that were not there before. */
function madeBy(
  raid: RaidMemory | null,
  storage: readonly StorageReading[],
  last?: RaidAct,
): ReadonlyMap<Creation, VolumeReading> {
  const found = new Map<Creation, VolumeReading>();
  if (raid === null) return found;
  const fresh = storage.flatMap(({ volumes }) => volumes).filter(({ path }) => !raid.before.includes(path));
  const taken = new Set<VolumeReading>();
  for (const act of raid.acts.filter((each) => each.state !== 'due' || each === last)) {
    if (act.kind !== 'create') continue;
    const volume = fresh.find(
      (each) => !taken.has(each) && each.raidType === act.order.raidType && sameSet(each.drives, act.order.drives),
    );
    if (volume === undefined) continue;
    taken.add(volume);
    found.set(act, volume);
  }
  return found;
}

async function askedAlready(volumes: Volumes, act: RaidAct, signal: AbortSignal): Promise<string | undefined> {
  const open = await volumes.open(signal);
  const same = open.find(({ method, target, drives }) =>
    act.kind === 'delete'
      ? method === 'DELETE' && target === act.volume
      : method === 'POST' && target === act.order.collection && sameSet(drives, act.order.drives),
  );
  return same?.operation;
}

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item) => other.includes(item));
}
