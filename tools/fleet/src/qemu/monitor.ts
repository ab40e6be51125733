import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Something QEMU said of its own accord. */
export interface MonitorEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

/** A command that QEMU refused; the message is QEMU's. */
export class MonitorError extends Error {
  override readonly name = 'MonitorError';
}

interface Waiting {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A connection to the monitor of a QEMU process (QMP). */
export class Monitor {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;
  #rest = '';

  private constructor(socket: Socket, onEvent: (event: MonitorEvent) => void) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => this.#read(chunk.toString(), onEvent));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      for (const { command, reject } of this.#waiting.values()) reject(new MonitorError(`${command}: QEMU has ended`));
      this.#waiting.clear();
    });
  }

  /** Connects as soon as QEMU listens. @throws MonitorError when it does not within the time */
  static async open(
    path: string,
    onEvent: (event: MonitorEvent) => void,
    { signal, timeoutMs = 20_000 }: MonitorWait = {},
  ): Promise<Monitor> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      try {
        const monitor = new Monitor(await dial(path), onEvent);
        await monitor.run('qmp_capabilities');
        return monitor;
      } catch (error) {
        if (Date.now() > end) throw new MonitorError(`no monitor at ${path}`, { cause: error });
        await delay(50, undefined, { signal });
      }
    }
  }

  /** Runs a command and gives what it returns. @throws MonitorError with QEMU's message */
  run(command: string, values?: object): Promise<unknown> {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new MonitorError(`${command}: QEMU has ended`));
      this.#waiting.set(id, { command, resolve, reject });
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: values, id })}\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(text: string, onEvent: (event: MonitorEvent) => void): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() === '') continue;
      const message = JSON.parse(line) as Partial<MonitorEvent> & {
        id?: number;
        return?: unknown;
        error?: { desc: string };
      };
      if (message.event !== undefined) onEvent({ event: message.event, ...(message.data && { data: message.data }) });
      const waiting = this.#waiting.get(message.id ?? -1);
      if (waiting === undefined) continue;
      this.#waiting.delete(message.id ?? -1);
      if (message.error === undefined) waiting.resolve(message.return);
      else waiting.reject(new MonitorError(`${waiting.command}: ${message.error.desc}`));
    }
  }
}

interface MonitorWait {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

function dial(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}
