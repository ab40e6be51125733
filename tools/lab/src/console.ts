import { open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** A line of a console, and when it was seen (within a tenth of a second). */
export interface Sighting {
  readonly line: string;
  readonly at: number;
}

/** What a machine's serial console says, as it says it. */
export class SerialConsole {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** The present end: what is looked for from here on was said later. */
  async mark(): Promise<number> {
    return (await stat(this.path).catch(() => undefined))?.size ?? 0;
  }

  /** The first line after the mark that matches. @throws Error when none comes in time, with the console's last lines */
  async says(
    pattern: RegExp,
    from: number,
    { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<Sighting> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const line = lines(await this.#since(from)).find((candidate) => pattern.test(candidate));
      if (line !== undefined) return { line, at: Date.now() };
      signal?.throwIfAborted();
      if (Date.now() > end) {
        throw new Error(
          `the console did not say ${pattern} within ${Math.round(timeoutMs / 1000)} s; its last lines:\n${await this.tail()}`,
        );
      }
      await delay(100, undefined, { signal });
    }
  }

  /** Everything that was said after the mark. */
  async text(from: number): Promise<string> {
    return lines(await this.#since(from)).join('\n');
  }

  async tail(count = 15): Promise<string> {
    const size = await this.mark();
    return lines(await this.#since(Math.max(0, size - 16_384)))
      .filter((line) => line.trim() !== '')
      .slice(-count)
      .map((line) => `    ${line}`)
      .join('\n');
  }

  async #since(from: number): Promise<string> {
    const handle = await open(this.path, 'r').catch(() => undefined);
    if (handle === undefined) return '';
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(Math.max(0, size - from));
      await handle.read(buffer, 0, buffer.length, from);
      return buffer.toString('utf8');
    } finally {
      await handle.close();
    }
  }
}

/** Firmware draws its screens with escape sequences: text is what remains without them. */
function lines(text: string): string[] {
  return text.replaceAll(/\u001b\[[0-9;=?]*[A-Za-z]/g, '').split(/\r?\n|\r/);
}
