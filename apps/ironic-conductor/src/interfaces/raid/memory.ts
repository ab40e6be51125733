import type { VolumeOrder } from './ports.ts';

/** What is remembered of a step that makes or deletes volumes. */
export interface RaidMemory {
  /** In this order at each controller; a controller that needs a self test is asked for one thing at a time. */
  readonly acts: readonly RaidAct[];
  /** Paths of the volumes that were there when the acts were planned: none of them is one that was asked for. */
  readonly before: readonly string[];
  /** Once all acts are over, what is to be made is planned with what is free then. */
  readonly thenCreate: boolean;
  readonly lookedAt: number;
}

export type RaidAct = RaidProgress &
  (
    | {
        readonly kind: 'create';
        readonly controller: string;
        readonly words: string;
        readonly order: VolumeOrder;
        readonly isRoot: boolean;
      }
    | {
        readonly kind: 'delete';
        readonly controller: string;
        readonly words: string;
        readonly volume: string;
        readonly applyTime: string | null;
      }
  );

export interface RaidProgress {
  readonly state: 'due' | 'asked' | 'over';
  /** What to look at while it is asked for. */
  readonly operation: string | null;
  readonly askedAt: number | null;
  /** The machine has been through a self test since. */
  readonly tested: boolean;
}

export const due: RaidProgress = { state: 'due', operation: null, askedAt: null, tested: false };

/** The act that may be asked for now: the first that is due at a controller that has nothing under way. */
export function nextAct({ acts }: RaidMemory): number | undefined {
  const busy = new Set(acts.filter(({ state }) => state === 'asked').map(({ controller }) => controller));
  const index = acts.findIndex(({ state, controller }) => state === 'due' && !busy.has(controller));
  return index < 0 ? undefined : index;
}

/** True while something is under way that begins in a self test, and none has been. A BMC that does not say when it acts may need one. */
export function needsSelfTest({ acts }: RaidMemory): boolean {
  return acts.some((act) => {
    const applyTime = act.kind === 'create' ? act.order.applyTime : act.applyTime;
    return act.state === 'asked' && !act.tested && applyTime !== 'Immediate';
  });
}

export const isUnderWay = ({ acts }: RaidMemory): boolean => acts.some(({ state }) => state === 'asked');

export function withAct(memory: RaidMemory, index: number, progress: Partial<RaidProgress>): RaidMemory {
  return { ...memory, acts: memory.acts.map((act, at) => (at === index ? { ...act, ...progress } : act)) };
}

/** Everything that is under way has had its self test. */
export function selfTested(memory: RaidMemory): RaidMemory {
  return { ...memory, acts: memory.acts.map((act) => (act.state === 'asked' ? { ...act, tested: true } : act)) };
}
