import { randomUUID } from 'node:crypto';
import { AgentError, asAgentError } from './error.ts';

export type CommandStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CLEAN_VERSION_MISMATCH';

/** A command's record as `GET /v1/commands` shows it. */
export interface CommandRecord {
  readonly id: string;
  /** Without the extension's name. */
  readonly command_name: string;
  command_status: CommandStatus;
  command_error: AgentError | null;
  command_result: unknown;
}

interface Entry {
  readonly record: CommandRecord;
  readonly done: Promise<void>;
}

/** The commands an agent was given, in order, for the life of its process. */
export class CommandLog {
  readonly #entries = new Map<string, Entry>();
  #last: CommandRecord | undefined;

  /** @throws AgentError 409 while the last command still runs */
  refuseWhenBusy(): void {
    if (this.#last?.command_status === 'RUNNING') {
      throw new AgentError('AgentIsBusy', `executing command ${this.#last.command_name}`);
    }
  }

  /** Records a command that ended before its caller got an answer. */
  ended(name: string, outcome: { readonly result: unknown } | { readonly error: AgentError }): CommandRecord {
    const record: CommandRecord =
      'error' in outcome
        ? newRecord(name, { command_status: 'FAILED', command_error: outcome.error })
        : newRecord(name, { command_status: 'SUCCEEDED', command_result: named('result', outcome.result) });
    return this.#add(record, Promise.resolve());
  }

  /** Records a command that goes on in the background; `work` may never settle. */
  started(name: string, work: Promise<unknown>): CommandRecord {
    const record = newRecord(name, { command_status: 'RUNNING' });
    const done = work.then(
      (result) => {
        record.command_result = typeof result === 'string' ? { result: `${name}: ${result}` } : (result ?? null);
        record.command_status = 'SUCCEEDED';
      },
      (error: unknown) => {
        record.command_error = asAgentError(error);
        record.command_status = record.command_error.type === 'VersionMismatch' ? 'CLEAN_VERSION_MISMATCH' : 'FAILED';
      },
    );
    return this.#add(record, done);
  }

  list(): CommandRecord[] {
    return [...this.#entries.values()].map(({ record }) => record);
  }

  /** @throws AgentError 404 */
  get(id: string): Entry {
    const entry = this.#entries.get(id);
    if (entry === undefined)
      throw new AgentError('RequestedObjectNotFoundError', `Command Result with id ${id} not found.`);
    return entry;
  }

  #add(record: CommandRecord, done: Promise<void>): CommandRecord {
    this.#entries.set(record.id, { record, done });
    this.#last = record;
    return record;
  }
}

function newRecord(name: string, fields: Partial<CommandRecord>): CommandRecord {
  return {
    id: randomUUID(),
    command_name: name,
    command_status: 'RUNNING',
    command_error: null,
    command_result: null,
    ...fields,
  };
}

/** Synchronous commands wrap bare strings, without the name asynchronous ones put before them. */
function named(key: string, value: unknown): unknown {
  return typeof value === 'string' ? { [key]: value } : (value ?? null);
}
