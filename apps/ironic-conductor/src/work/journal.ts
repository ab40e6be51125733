import { type JsonObject, maskText, type NodeStep } from '@metal3/node';
import type { WorkOrigin } from '@metal3/node-store';
import type { FirmwareComponent } from '../interfaces/machine.ts';
import type { RaidMemory } from '../interfaces/raid/memory.ts';
import type { PreparedImage } from '../verbs/deploy/local-image.ts';
import type { BootPurpose, PowerManner } from './effects.ts';

/**
 * What the conductor remembers of a piece of work between segments; kept in the store, so any conductor can go on from it. Times are
 * milliseconds by the database's clock.
 */
export interface Journal {
  /** The request and the trace that the work belongs to, as the API wrote them. */
  readonly origin: WorkOrigin | null;
  readonly power: PowerMemory | null;
  readonly boot: BootMemory | null;
  readonly steps: StepMemory | null;
  readonly command: CommandMemory | null;
  /** The image of a deployment, where it passes through the image service. */
  readonly image: ImageMemory | null;
  /** Firmware on its way into the machine. */
  readonly update: UpdateMemory | null;
  /** Volumes that the step under way makes and deletes by the BMC. */
  readonly raid: RaidMemory | null;
  /** Id of the last command the agent is known to have been given, by whomever; null for a fresh agent. */
  readonly lastCommand: string | null;
  /** Failed tries of the effect at hand that were worth repeating. */
  readonly retry: RetryMemory | null;
  /** Set when the work has failed or was aborted: what is left is to tidy up and to say so. */
  readonly failure: FailureMemory | null;
  /** Milestones of a verb that are over, by name. */
  readonly done: readonly string[];
}

export interface PowerMemory {
  /** Last observation within this work; null when it could not be told. */
  readonly state: 'on' | 'off' | null;
  readonly asked: {
    readonly to: 'on' | 'off';
    readonly manner: PowerManner;
    readonly first: number;
    readonly last: number;
    readonly times: number;
    /** False when a conductor stopped before it knew whether the BMC got the request. */
    readonly sure: boolean;
  } | null;
  readonly seenAt: number;
  /** Looks since the last request; drives the growing pause between them. */
  readonly looks: number;
}

export interface BootMemory {
  readonly purpose: BootPurpose;
  readonly stage: 'prepared' | 'inserted' | 'ordered' | 'started' | 'ready';
  /** True when an agent that was running already is used. */
  readonly fastTrack: boolean;
  readonly startedAt: number | null;
}

export interface StepMemory {
  readonly list: readonly NodeStep[];
  /** How many are over; the next one is the one under way. */
  readonly finished: number;
  readonly hardwareManagerVersion: JsonObject;
}

/** The command the agent runs for the step under way. */
export interface CommandMemory {
  readonly id: string;
  readonly name: string;
  readonly givenAt: number;
  readonly status: 'running' | 'succeeded' | 'failed' | 'version-mismatch';
  readonly error: string | null;
  readonly lookedAt: number;
}

export interface ImageMemory {
  readonly image: PreparedImage;
  readonly lookedAt: number;
}

export interface UpdateMemory {
  /** How many of the step's updates are over. */
  readonly finished: number;
  readonly running: {
    readonly component: FirmwareComponent;
    readonly url: string;
    /** What to look at; null when the BMC gave nothing. */
    readonly task: string | null;
    /** Version before; null when the BMC did not say. */
    readonly before: string | null;
    readonly startedAt: number;
    readonly lookedAt: number;
    /** The machine has been restarted to take it over. */
    readonly restarted: boolean;
    /** It goes on, or takes effect, only with a restart. */
    readonly awaitsRestart?: boolean;
  } | null;
}

export interface RetryMemory {
  readonly effect: string;
  readonly times: number;
  readonly first: number;
  readonly last: number;
  readonly error: string;
}

export interface FailureMemory {
  readonly error: string;
  readonly event: 'fail' | 'abort';
  /** A fault puts the node into maintenance. */
  readonly fault: string | null;
}

export const emptyJournal: Journal = {
  origin: null,
  power: null,
  boot: null,
  steps: null,
  command: null,
  image: null,
  update: null,
  raid: null,
  lastCommand: null,
  retry: null,
  failure: null,
  done: [],
};

/** Reads the notes of a claim; fields that an older release did not write are empty. */
export function journalOf(context: JsonObject): Journal {
  return { ...emptyJournal, ...context };
}

/** True when nothing has been noted yet. */
export function isFresh(journal: Journal): boolean {
  return Object.entries(journal).every(
    ([name, value]) => name === 'origin' || value === null || (Array.isArray(value) && value.length === 0),
  );
}

export function isDone(journal: Journal, milestone: string): boolean {
  return journal.done.includes(milestone);
}

export function withDone(journal: Journal, milestone: string): Journal {
  return isDone(journal, milestone) ? journal : { ...journal, done: [...journal.done, milestone] };
}

/** From here on the work only tidies up. The first failure stands: what follows from it says less. It is told to everybody, without secrets. */
export function withFailure(journal: Journal, error: string, fault: string | null = null): Journal {
  if (journal.failure !== null) return journal;
  return { ...journal, retry: null, power: null, failure: { error: maskText(error), event: 'fail', fault } };
}
