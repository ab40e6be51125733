/** Time as libs/kube needs it; the clock of @metal3/service fits. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some moment, for durations: it goes on evenly when somebody sets the clock of the machine. */
  monotonic(): number;
  /** Resolves after so many milliseconds; rejects with the signal's reason when it aborts first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Runs `task` once after so many milliseconds, unless the returned function is called first. */
  after(milliseconds: number, task: () => void): () => void;
}

/** The few log calls that libs/kube makes; a pino logger fits. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
