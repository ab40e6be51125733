import type { ManagedMachine } from '../machine/managed-machine.ts';
import type { World } from '../machine/world.ts';

export type TaskState = 'New' | 'Running' | 'Completed' | 'Exception';

/** A long-running job of a BMC. */
export interface Task {
  readonly id: string;
  readonly name: string;
  readonly startedAt: string;
  state: TaskState;
  percent: number;
  endedAt: string | undefined;
  message: string;
}

export const ledStates = ['Lit', 'Blinking', 'Off'] as const;
export type Led = (typeof ledStates)[number];

export interface Subscription {
  readonly id: string;
  readonly destination: string;
  readonly context: string;
  readonly eventTypes: readonly string[];
  readonly protocol: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What a BMC remembers beside the machine itself; made when first written to. */
export class Bmc {
  readonly machine: ManagedMachine;
  tasks: Task[] | undefined;
  subscriptions: Map<string, Subscription> | undefined;
  assetTag: string | undefined;
  locationLed: Led = 'Off';
  /** Drives whose lamp is lit, by their index. */
  readonly lampsOfDrives = new Set<number>();
  /** Ends all sessions; set by the service that keeps them. */
  endSessions: () => void = () => undefined;
  #count = 0;

  constructor(machine: ManagedMachine) {
    this.machine = machine;
  }

  get world(): World {
    return this.machine.world;
  }

  nextId(): string {
    return String(++this.#count);
  }

  /** Starts a task of so many simulated seconds; `work` runs at its end and may fail it by throwing. */
  startTask(name: string, seconds: number, work: () => Promise<string>): Task {
    const { time } = this.world;
    const stamp = () => new Date(time.now()).toISOString();
    const task: Task = {
      id: this.nextId(),
      name,
      startedAt: stamp(),
      state: 'Running',
      percent: 0,
      endedAt: undefined,
      message: 'The task is running.',
    };
    this.tasks = [...(this.tasks ?? []).slice(-31), task]; // BMCs keep a short history
    void time
      .pass(seconds)
      .then(work)
      .then(
        (message) => Object.assign(task, { state: 'Completed', percent: 100, message, endedAt: stamp() }),
        (error: unknown) => {
          const message = error instanceof Error ? error.message : String(error);
          Object.assign(task, { state: 'Exception', message, endedAt: stamp() });
        },
      );
    return task;
  }
}
