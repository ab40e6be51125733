import { RandomStream } from '../random.ts';
import type { SimulatedTime } from '../time.ts';

/** Everything that can be made to go wrong, with what it does. */
export const faultKinds = {
  'bmc.status': 'answers with `status` (default 503) instead of serving the request',
  'bmc.slow': 'waits `delay` real seconds (default 5) before it answers',
  'bmc.lost-response': 'performs the request and then closes the connection without an answer',
  'bmc.refused': 'closes the connection without performing the request',
  'bmc.stale-etag': 'answers 412 to a PATCH with If-Match, whatever the tag',
  'bmc.expired-session': 'ends the session of the request and answers 401',
  'bmc.wrong-credentials': 'answers 401 to any credentials',
  'bmc.tls-error': 'breaks off TLS handshakes with the HTTPS address of the BMCs; nobody knows yet for which machine',
  'bmc.power-refused': 'answers `status` (default 409) to Reset and does nothing',
  'bmc.power-ignored': 'accepts Reset and does nothing',
  'bmc.media-refused': 'answers `status` (default 400) to InsertMedia',
  'machine.boot-fails': 'stops in the power-on self test',
  'agent.never-starts': 'boots the ramdisk, but the agent never calls anybody',
  'agent.dies': 'kills the agent when `command` has done the share `at` (default 0.5) of its work; it stays dead',
  'agent.reboots': 'the machine resets itself when `command` has done the share `at` of its work',
  'agent.hangs': 'the command never ends',
  'agent.step-fails': 'the command fails with `message`',
  'agent.silent': 'does not send the heartbeat that is due',
  'agent.refused': 'closes the connection of a request to the agent without performing it',
  'agent.lost-response': 'performs the request to the agent and closes the connection without an answer',
  'agent.slow': 'waits `delay` real seconds (default 5) before the agent answers',
  'agent.inspection-error': 'reports `message` as the error of inspection',
  'image.status': 'the file server answers `status` (default 404)',
  'image.truncated': 'the file server breaks off in the middle',
  'image.corrupt': 'the file server serves other bytes of the same length',
  'image.slow': 'the file server waits `delay` real seconds (default 5) first',
} as const;

export type FaultKind = keyof typeof faultKinds;

/** One thing to go wrong, as written in the fault file and in POST /fleet/faults. */
export interface Fault {
  readonly id: string;
  readonly kind: FaultKind;
  /** A machine's name, or `/regular expression/`; all machines when absent. */
  readonly machine?: string;
  /** Regular expression on the path of the request or file. */
  readonly path?: string;
  readonly method?: string;
  /** Agent command or step, for example `write_image`. */
  readonly command?: string;
  /** Lets this many occasions pass first. */
  readonly skip?: number;
  /** Strikes at most this often. */
  readonly times?: number;
  /** Strikes only within this many real seconds after it was added. */
  readonly forSeconds?: number;
  /** Probability per occasion, from the fleet's seed. */
  readonly chance?: number;
  readonly status?: number;
  readonly delay?: number;
  readonly at?: number;
  readonly message?: string;
}

/** A fault description that makes no sense; names the field and what it takes. */
export class FaultError extends Error {
  override readonly name = 'FaultError';
}

/** What is about to happen, to be matched against the plan. */
export interface Occasion {
  readonly path?: string;
  readonly method?: string;
  readonly command?: string;
}

interface Armed {
  readonly fault: Fault;
  readonly machine: (name: string) => boolean;
  readonly path: RegExp | undefined;
  readonly expiresAt: number;
  readonly random: RandomStream;
  struck: number;
  passed: number;
}

/** The faults that are armed, and how often each has struck. */
export class FaultPlan {
  readonly #time: SimulatedTime;
  readonly #seed: number;
  readonly #onStrike: (fault: Fault, machine: string, occasion: Occasion) => void;
  readonly #armed = new Map<FaultKind, Armed[]>();
  #count = 0;

  constructor(
    seed: number,
    time: SimulatedTime,
    onStrike: (fault: Fault, machine: string, occasion: Occasion) => void,
  ) {
    this.#seed = seed;
    this.#time = time;
    this.#onStrike = onStrike;
  }

  /** Arms faults from their JSON form: one, a list, or `{"faults": [...]}`. @throws FaultError; then none is armed */
  add(description: unknown): Fault[] {
    const list = isRecord(description) && 'faults' in description ? description['faults'] : description;
    const faults = (Array.isArray(list) ? list : [list]).map((item, index) => this.#parse(item, index));
    for (const armed of faults) {
      const same = this.#armed.get(armed.fault.kind) ?? [];
      this.#armed.set(armed.fault.kind, [...same.filter(({ fault }) => fault.id !== armed.fault.id), armed]);
    }
    return faults.map(({ fault }) => fault);
  }

  /** The fault that strikes on this occasion, if any; a strike is counted against its `times`. */
  take(kind: FaultKind, machine: string, occasion: Occasion = {}): Fault | undefined {
    const candidates = this.#armed.get(kind);
    if (candidates === undefined) return undefined;
    for (const armed of candidates) {
      const { fault } = armed;
      if (!armed.machine(machine) || !matches(armed, occasion)) continue;
      if (armed.struck >= (fault.times ?? Infinity) || this.#time.now() > armed.expiresAt) continue;
      if (armed.passed < (fault.skip ?? 0)) {
        armed.passed++;
        continue;
      }
      if (fault.chance !== undefined && armed.random.next() >= fault.chance) continue;
      armed.struck++;
      this.#onStrike(fault, machine, occasion);
      return fault;
    }
    return undefined;
  }

  list(): (Fault & { readonly struck: number; readonly active: boolean })[] {
    const now = this.#time.now();
    return [...this.#armed.values()].flat().map(({ fault, struck, expiresAt }) => ({
      ...fault,
      struck,
      active: struck < (fault.times ?? Infinity) && now <= expiresAt,
    }));
  }

  /** Disarms one fault, or all. @returns how many there were */
  clear(id?: string): number {
    let gone = 0;
    for (const [kind, armed] of this.#armed) {
      const kept = armed.filter(({ fault }) => id !== undefined && fault.id !== id);
      gone += armed.length - kept.length;
      if (kept.length === 0) this.#armed.delete(kind);
      else this.#armed.set(kind, kept);
    }
    return gone;
  }

  #parse(item: unknown, index: number): Armed {
    const fault = parseFault(item, index, () => `fault-${++this.#count}`);
    return {
      fault,
      machine: machineMatcher(fault),
      path: fault.path === undefined ? undefined : expression('path', fault.path),
      expiresAt: fault.forSeconds === undefined ? Infinity : this.#time.now() + fault.forSeconds * 1000,
      random: new RandomStream(`fault\0${this.#seed}\0${fault.id}`),
      struck: 0,
      passed: 0,
    };
  }
}

function matches({ fault, path }: Armed, occasion: Occasion): boolean {
  if (path !== undefined && !path.test(occasion.path ?? '')) return false;
  if (fault.method !== undefined && fault.method.toUpperCase() !== occasion.method) return false;
  return fault.command === undefined || fault.command === occasion.command;
}

function machineMatcher({ machine }: Fault): (name: string) => boolean {
  if (machine === undefined) return () => true;
  const pattern = /^\/(.*)\/$/.exec(machine)?.[1];
  if (pattern === undefined) return (name) => name === machine;
  const regex = expression('machine', pattern);
  return (name) => regex.test(name);
}

const texts = ['id', 'machine', 'path', 'method', 'command', 'message'];
const numbers = ['skip', 'times', 'forSeconds', 'chance', 'status', 'delay', 'at'];

function parseFault(item: unknown, index: number, newId: () => string): Fault {
  const where = `fault ${index}`;
  if (!isRecord(item)) throw new FaultError(`${where}: an object with at least "kind" is needed`);
  const { kind } = item;
  if (typeof kind !== 'string' || !Object.hasOwn(faultKinds, kind)) {
    throw new FaultError(
      `${where}: kind must be one of ${Object.keys(faultKinds).join(', ')}, not ${JSON.stringify(kind)}`,
    );
  }
  for (const [field, value] of Object.entries(item)) {
    if (field === 'kind') continue;
    const wanted = texts.includes(field) ? 'string' : numbers.includes(field) ? 'number' : undefined;
    if (wanted === undefined) {
      throw new FaultError(`${where}: there is no field "${field}"; known: kind, ${[...texts, ...numbers].join(', ')}`);
    }
    const sound = typeof value === wanted && (typeof value !== 'number' || (Number.isFinite(value) && value >= 0));
    if (!sound)
      throw new FaultError(`${where}: ${field} must be a ${wanted}${wanted === 'number' ? ' of at least 0' : ''}`);
  }
  return { id: newId(), ...(item as Partial<Fault>), kind: kind as FaultKind };
}

function expression(field: string, source: string): RegExp {
  try {
    return new RegExp(source);
  } catch {
    throw new FaultError(`${field} is no regular expression: ${source}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
