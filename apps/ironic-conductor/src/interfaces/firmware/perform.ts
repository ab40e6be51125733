import { type Node, speaksRedfish } from '@metal3/node';
import type { NodeStore } from '@metal3/node-store';
import { currentStep } from '../../verbs/steps.ts';
import { isDone, type Journal, withDone, withFailure } from '../../work/journal.ts';
import type { Hand, Outcome, Performer } from '../../work/perform.ts';
import { EffectProblem, wordsOf } from '../../work/problems.ts';
import { firmwareFlashed, firmwareRead } from './decide.ts';
import { biosRows, firmwareRows } from './stored.ts';
import { updatesOf } from './updates.ts';

/** Updates of BMCs and of BIOSes have been seen to take an hour. */
const longestUpdate = 7_200_000;

/** How long an update of a network adapter may stay where it has not begun, before the machine is restarted for it: as in Ironic. */
const nicPatience = 30_000;

/** A version read that lately is not asked for again, unless firmware was installed. */
const recent = 60_000;

export interface FirmwarePorts {
  readonly store: Pick<NodeStore, 'blobs'>;
  /** A BMC that does not say is no reason to fail the work that asked. */
  readonly onUnreadable: (node: Node, what: string, why: string) => void;
}

export function firmwarePerformers({ store, onUnreadable }: FirmwarePorts): {
  readonly 'read-firmware': Performer<'read-firmware'>;
  readonly 'look-at-update': Performer<'look-at-update'>;
} {
  return {
    async 'read-firmware'({ settingsToo }, { seen: { node, journal, now }, machine, signal }) {
      const stored = async (kind: 'bios' | 'firmware') => (await store.blobs.get(node.uuid, kind))?.toString('utf8');
      const attempt = async (what: string, read: () => Promise<string>): Promise<string | undefined> => {
        try {
          return await read();
        } catch (error) {
          if (signal.aborted) throw error;
          onUnreadable(node, what, wordsOf(error));
          return undefined;
        }
      };
      const bios =
        settingsToo && speaksRedfish(node.interfaces.bios)
          ? await attempt('BIOS settings', async () =>
              biosRows(await machine.biosSettings(signal), await stored('bios'), now),
            )
          : undefined;
      const flashed = isDone(journal, firmwareFlashed);
      const firmware = speaksRedfish(node.interfaces.firmware)
        ? await attempt('firmware versions', async () =>
            firmwareRows(await machine.firmware(signal, flashed ? 0 : recent), await stored('firmware'), now, flashed),
          )
        : undefined;
      return {
        journal: withDone(journal, firmwareRead),
        change: { blobs: { ...(bios === undefined ? {} : { bios }), ...(firmware === undefined ? {} : { firmware }) } },
      };
    },

    async 'look-at-update'(_effect, { seen: { journal, node, now }, machine, signal }) {
      const running = journal.update?.running ?? null;
      if (running === null) return { journal };
      const { component, url, task } = running;
      const { state, begun, words } =
        task === null ? { state: 'done', begun: true, words: '' } : await machine.updateProgress(task, signal);
      const about = `the ${component} firmware of node ${node.uuid} from ${url}`;
      if (state === 'running') {
        if (now - running.startedAt >= longestUpdate) {
          const seconds = Math.round(longestUpdate / 1000);
          return { journal: withFailure(journal, `Updating ${about} took longer than ${seconds} seconds: ${words}`) };
        }
        const awaitsRestart = isNic(component) && !begun && now - running.startedAt >= nicPatience;
        return { journal: withUpdate(journal, { running: { ...running, lookedAt: now, awaitsRestart } }) };
      }
      // A BMC that starts anew with its own firmware knows nothing of its tasks any more: the version tells.
      if (
        state === 'failed' &&
        (component !== 'bmc' || (await versionOf(component, { machine, signal })) === running.before)
      )
        return { journal: withFailure(journal, `Updating ${about} failed: ${words}`) };
      // An adapter goes on with what it had until the machine starts anew.
      if (isNic(component) && !running.restarted)
        return { journal: withUpdate(journal, { running: { ...running, lookedAt: now, awaitsRestart: true } }) };
      return { journal: withUpdate(journal, { finished: (journal.update?.finished ?? 0) + 1, running: null }) };
    },
  };
}

/**
 * Has the BMC install the next of the step's images. A request repeated after a crash does no harm: BMCs refuse a second update while one
 * runs, and the image is the same.
 */
export async function startNextUpdate({ seen, machine, signal }: Hand): Promise<Outcome> {
  const { journal, now } = seen;
  const step = currentStep(journal);
  const update = step === undefined ? undefined : updatesOf(step)[journal.update?.finished ?? 0];
  if (update === undefined) throw new EffectProblem('There is no firmware left to install');
  const before = await versionOf(update.component, { machine, signal });
  const task = await machine.startUpdate(update.component, update.url, signal);
  const running = { ...update, task, before, startedAt: now, lookedAt: now, restarted: false };
  return { journal: withUpdate({ ...journal, power: null }, { running }) };
}

const isNic = (component: string): boolean => component.startsWith('nic:');

async function versionOf(
  component: string,
  { machine, signal }: Pick<Hand, 'machine' | 'signal'>,
): Promise<string | null> {
  return (await machine.firmware(signal, 0)).find((reading) => reading.component === component)?.version ?? null;
}

const withUpdate = (journal: Journal, patch: Partial<NonNullable<Journal['update']>>): Journal => ({
  ...journal,
  update: { finished: 0, running: null, ...journal.update, ...patch },
});
