import type { Call } from '../http/server.ts';
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
  /** What was asked for. */
  readonly request: Pick<Call, 'method' | 'path' | 'body'> | undefined;
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
  /** Paths of drives whose lamp is lit. */
  readonly lampsOfDrives = new Set<string>();
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

  /**
   * Starts a task of so many simulated seconds, once `begins` has come; `work` runs at its end and may fail it by throwing. A task tells the
   * request behind it where it is given.
   */
  startTask(
    name: string,
    seconds: number,
    work: () => Promise<string>,
    more: { readonly begins?: Promise<void>; readonly request?: Task['request'] } = {},
  ): Task {
    const { time } = this.world;
    const stamp = () => new Date(time.now()).toISOString();
    const task: Task = {
      id: this.nextId(),
      name,
      startedAt: stamp(),
      state: more.begins === undefined ? 'Running' : 'New',
      percent: 0,
      endedAt: undefined,
      message: more.begins === undefined ? 'The task is running.' : 'The task begins when the controller gets to it.',
      request: more.request,
    };
    this.tasks = [...(this.tasks ?? []).slice(-31), task]; // BMCs keep a short history
    void (more.begins ?? Promise.resolve())
      .then(() => {
        Object.assign(task, { state: 'Running', message: 'The task is running.' });
        return time.pass(seconds);
      })
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
