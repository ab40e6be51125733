import type { HttpClient, Trust } from '../http/client.ts';

/** Something that can be read by offset, as a drive is. */
export interface BlockSource {
  /** Reads `length` bytes at `offset`; fewer only at the end. @throws MediumError */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A medium that cannot be read or is not what it should be; the message says what was found. */
export class MediumError extends Error {
  override readonly name = 'MediumError';
}

const blockSize = 64 * 1024;

/**
 * A file on a web server read by ranges in blocks of 64 KiB, as a BMC reads virtual media. Blocks are remembered for the
 * life of the object, which is one boot.
 */
export class HttpBlocks implements BlockSource {
  readonly #url: string;
  readonly #http: HttpClient;
  readonly #signal: AbortSignal;
  readonly #trust: Trust | undefined;
  readonly #blocks = new Map<number, Promise<Buffer>>();

  constructor(
    url: string,
    { http, signal, trust }: { http: HttpClient; signal: AbortSignal; trust?: Trust | undefined },
  ) {
    this.#url = url;
    this.#http = http;
    this.#signal = signal;
    this.#trust = trust;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const first = Math.floor(offset / blockSize);
    const last = Math.floor((offset + Math.max(length, 1) - 1) / blockSize);
    const parts: Buffer[] = [];
    for (let index = first; index <= last; index++) parts.push(await this.#block(index));
    const start = offset - first * blockSize;
    const joined = parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
    return joined.subarray(start, start + length);
  }

  #block(index: number): Promise<Buffer> {
    const known = this.#blocks.get(index);
    if (known !== undefined) return known;
    const block = this.#fetch(index * blockSize);
    this.#blocks.set(index, block);
    return block;
  }

  async #fetch(offset: number): Promise<Buffer> {
    const range = `bytes=${offset}-${offset + blockSize - 1}`;
    const options = { headers: { range }, signal: this.#signal, trust: this.#trust };
    const { status, headers, body } = await this.#http.fetch(this.#url, options);
    if (status === 416) return Buffer.alloc(0);
    if (status === 200)
      throw new MediumError(`${this.#url}: the server ignores the Range header, a BMC cannot read it`);
    if (status !== 206) throw new MediumError(`${this.#url}: the server answered ${status} to ${range}`);
    if (!(headers['content-range'] ?? '').startsWith(`bytes ${offset}-`)) {
      throw new MediumError(
        `${this.#url}: asked for ${range}, got Content-Range ${headers['content-range'] ?? '(none)'}`,
      );
    }
    return body;
  }
}

/** Bytes in memory, for config drives. */
export function memoryBlocks(bytes: Buffer): BlockSource {
  return { read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)) };
}
