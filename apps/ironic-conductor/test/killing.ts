import { eventually } from '@metal3/testing';
import { effectMoments } from '../src/work/fail-points.ts';
import { type Site, stopped } from './site.ts';

/** Points of effects that are written down before they begin. */
export const withIntent = (work: string, effects: readonly string[]): readonly string[] =>
  effects.flatMap((effect) => effectMoments.map((moment) => `${work}.${effect}.${moment}`));
/** Points of effects that may simply be repeated. */
export const repeatable = (work: string, effects: readonly string[]): readonly string[] =>
  effects.map((effect) => `${work}.${effect}.performed`);

/** Short leases, so that a dead conductor's work is taken over within a second or two. */
const hurried = { CONDUCTOR_LEASE: '2s', AGENT_LOOK: '500ms', POWER_START_LOOK: '1s', AGENT_FAST_TRACK: 'false' };
/** So many conductors live and die at once, each with a machine and a conductor group of its own. */
const together = 8;

/** A verb, what is said with it, and the state in which the next one may begin. */
export interface Verb {
  readonly target: string;
  readonly more?: Readonly<Record<string, unknown>>;
  readonly then?: string;
}

/** Where a conductor dies. */
export interface Point {
  readonly name: string;
  /** Of the machine that it dies on. */
  readonly index: number;
  readonly verbs: readonly Verb[];
  /** The state that the node must reach all the same. */
  readonly until: string;
  readonly node?: Readonly<Record<string, unknown>>;
}

/** What became of each point's node: how REST shows it, or an error. */
export async function killEverywhere(site: Site, points: readonly Point[]): Promise<ReadonlyMap<string, unknown>> {
  const outcomes = new Map<string, unknown>();
  for (let first = 0; first < points.length; first += together)
    await killAndInherit(site, points.slice(first, first + together), outcomes);
  return outcomes;
}

/** Lets a conductor die at each point, and then one conductor inherit all their work. */
async function killAndInherit(site: Site, batch: readonly Point[], outcomes: Map<string, unknown>): Promise<void> {
  const group = ({ index }: Point) => `g${index}`;
  const alive = await Promise.all(
    batch.map(async (point) => ({ point, uuid: await killed(site, point, group(point)) })),
  );
  const heir = await site.startConductor({ ...hurried, CONDUCTOR_GROUPS: batch.map(group).join(',') });
  await Promise.all(
    alive.map(async ({ point, uuid }) => {
      const outcome =
        uuid instanceof Error ? uuid : await site.reaches(uuid, point.until).catch((error: unknown) => error);
      outcomes.set(point.name, outcome);
    }),
  );
  await stopped(heir);
}

/** Enrols a machine and runs the verbs with a conductor that dies at the point; its UUID, or why the point was never reached. */
async function killed(site: Site, { name, index, verbs, node }: Point, group: string): Promise<string | Error> {
  const doomed = await site.startConductor({
    ...hurried,
    CONDUCTOR_GROUPS: group,
    METAL3_TEST_FAIL_POINTS: '1',
    FAIL_POINT: name,
  });
  try {
    const uuid = await site.enrol(index, { ...node, conductor_group: group });
    await site.ask(uuid, 'manage');
    await site.reaches(uuid, 'manageable');
    await site.patch(uuid, '/instance_info', await site.image());
    for (const { target, more, then } of verbs) {
      await site.ask(uuid, target, more);
      if (then !== undefined) await site.reaches(uuid, then);
    }
    await eventually(() => doomed.signalCode === 'SIGKILL', { timeoutMs: 60_000 });
    return uuid;
  } catch (error) {
    return new Error(`the conductor did not die at ${name}: ${String(error)}`);
  } finally {
    await stopped(doomed);
  }
}
