import { createHash } from 'node:crypto';
import type { FaultPlan } from '../faults/plan.ts';
import { json, type Call, type hangUp, type Reply } from '../http/server.ts';
import type { SimulatedTime } from '../time.ts';
import type { ServedFile } from './images.ts';

const modified = 'Thu, 01 Jan 2026 00:00:00 GMT';

/** Serves the fleet's files with ranges, tags and HEAD, and with the image faults of the plan. */
export class FileServer {
  readonly #files: ReadonlyMap<string, ServedFile>;
  readonly #faults: FaultPlan;
  readonly #time: SimulatedTime;
  readonly #tags = new Map<string, string>();

  constructor(files: ReadonlyMap<string, ServedFile>, faults: FaultPlan, time: SimulatedTime) {
    this.#files = files;
    this.#faults = faults;
    this.#time = time;
  }

  /** `path` is the one below /files. */
  async handle(call: Call, path: string): Promise<Reply | typeof hangUp> {
    if (call.method !== 'GET' && call.method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } };
    if (path === '' || path === '/') return json(200, { files: this.list() });
    const occasion = { path, method: call.method };
    const slow = this.#faults.take('image.slow', 'files', occasion);
    if (slow !== undefined) await this.#time.passReal(slow.delay ?? 5, call.signal);
    const refused = this.#faults.take('image.status', 'files', occasion);
    if (refused !== undefined) return { status: refused.status ?? 404, body: refused.message ?? 'fault image.status' };
    const file = this.#files.get(path);
    if (file === undefined) return { status: 404, body: `there is no ${path}; GET /files/ lists what there is\n` };
    const corrupt = call.method === 'GET' && this.#faults.take('image.corrupt', 'files', occasion) !== undefined;
    const reply = this.#file(call, corrupt ? { ...file, bytes: flipped(file.bytes) } : file);
    const truncated = call.method === 'GET' && this.#faults.take('image.truncated', 'files', occasion) !== undefined;
    return truncated ? { ...reply, cutAfter: Math.floor(file.bytes.length / 2) } : reply;
  }

  list(): { path: string; size: number }[] {
    return [...this.#files.values()].map(({ path, bytes }) => ({ path: `/files${path}`, size: bytes.length }));
  }

  #file(call: Call, { path, bytes, type }: ServedFile): Reply {
    const headers = {
      'content-type': type,
      'accept-ranges': 'bytes',
      'last-modified': modified,
      etag: this.#tag(path, bytes),
    };
    const range = /^bytes=(\d*)-(\d*)$/.exec(call.headers.range ?? '');
    if (range === null || (range[1] === '' && range[2] === '')) return { status: 200, headers, body: bytes };
    const suffix = range[1] === '';
    const start = suffix ? Math.max(0, bytes.length - Number(range[2])) : Number(range[1]);
    const end = suffix || range[2] === '' ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1);
    if (start > end) return { status: 416, headers: { ...headers, 'content-range': `bytes */${bytes.length}` } };
    return {
      status: 206,
      headers: { ...headers, 'content-range': `bytes ${start}-${end}/${bytes.length}` },
      body: bytes.subarray(start, end + 1),
    };
  }

  #tag(path: string, bytes: Buffer): string {
    const known = this.#tags.get(path);
    if (known !== undefined) return known;
    const tag = `"${createHash('sha256').update(bytes).digest('hex').slice(0, 32)}"`;
    this.#tags.set(path, tag);
    return tag;
  }
}

function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const middle = Math.floor(copy.length / 2);
  copy[middle] = (copy[middle] ?? 0) ^ 0xff;
  return copy;
}
