import type { HeapProfiler, Profiler, Runtime } from 'node:inspector';
import {
  Function as PprofFunction,
  Line,
  Location,
  Profile,
  type ProfileInput,
  Sample,
  StringTable,
  ValueType,
} from 'pprof-format';

/** What V8 names pieces of time in which no function ran. */
const idle = new Set(['(root)', '(idle)']);

/** V8's samples of what the processor did, in the format of `go tool pprof`: samples, and CPU time in nanoseconds. */
export function cpuPprof({ nodes, samples = [], timeDeltas = [], startTime, endTime }: Profiler.Profile): Uint8Array {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const stackOf = (id: number): Runtime.CallFrame[] => {
    const stack: Runtime.CallFrame[] = [];
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const frame = byId.get(at)?.callFrame;
      if (frame !== undefined && frame.functionName !== '(root)') stack.push(frame);
    }
    return stack;
  };
  const spent = new Map<number, { count: number; micros: number }>();
  for (const [at, id] of samples.entries()) {
    const sum = spent.get(id) ?? { count: 0, micros: 0 };
    sum.count += 1;
    // A delta tells how long before a sample the one before was: the sample itself lasts until the next.
    sum.micros += Math.max(0, timeDeltas[at + 1] ?? 0);
    spent.set(id, sum);
  }
  const book = new PprofBook([
    ['samples', 'count'],
    ['cpu', 'nanoseconds'],
  ]);
  for (const [id, { count, micros }] of spent) {
    if (!idle.has(byId.get(id)?.callFrame.functionName ?? '')) book.add(stackOf(id), [count, micros * 1_000]);
  }
  const micros = endTime - startTime;
  return book.encode({ durationNanos: micros * 1_000, period: Math.round((micros * 1_000) / (samples.length || 1)) });
}

/** V8's samples of what was allocated and is still there. */
export function heapPprof({ head }: HeapProfiler.SamplingHeapProfile, intervalBytes: number): Uint8Array {
  const book = new PprofBook([
    ['inuse_objects', 'count'],
    ['inuse_space', 'bytes'],
  ]);
  const samplesOf = (node: HeapProfiler.SamplingHeapProfileNode, callers: readonly Runtime.CallFrame[]): void => {
    const stack = node.callFrame.functionName === '(root)' ? callers : [node.callFrame, ...callers];
    if (node.selfSize > 0) book.add(stack, [1, node.selfSize]);
    for (const child of node.children) samplesOf(child, stack);
  };
  samplesOf(head, []);
  return book.encode({ period: intervalBytes });
}

/** Gathers stacks with what was measured in them; each function and each text is written once. */
class PprofBook {
  readonly #texts = new StringTable();
  readonly #types: readonly (readonly [type: string, unit: string])[];
  readonly #functions: PprofFunction[] = [];
  readonly #locations = new Map<string, Location>();
  readonly #samples: Sample[] = [];

  /** @param types what is measured, and in which unit; the last is what viewers show first */
  constructor(types: readonly (readonly [type: string, unit: string])[]) {
    this.#types = types;
  }

  /** @param stack the innermost function first */
  add(stack: readonly Runtime.CallFrame[], value: readonly number[]): void {
    this.#samples.push(new Sample({ locationId: stack.map((frame) => this.#location(frame)), value: [...value] }));
  }

  encode(more: ProfileInput): Uint8Array {
    const types = this.#types.map(
      ([type, unit]) => new ValueType({ type: this.#texts.dedup(type), unit: this.#texts.dedup(unit) }),
    );
    const last = types.at(-1);
    return new Profile({
      sampleType: types,
      ...(last && { periodType: last }),
      sample: this.#samples,
      location: [...this.#locations.values()],
      function: this.#functions,
      stringTable: this.#texts,
      ...more,
    }).encode();
  }

  #location({ functionName, url, lineNumber, scriptId }: Runtime.CallFrame): number {
    const key = `${scriptId} ${functionName} ${lineNumber}`;
    const known = this.#locations.get(key);
    if (known !== undefined) return Number(known.id);
    const id = this.#functions.length + 1;
    const name = this.#texts.dedup(functionName || '(anonymous)');
    // V8 counts lines from 0.
    const line = lineNumber + 1;
    this.#functions.push(
      new PprofFunction({ id, name, systemName: name, filename: this.#texts.dedup(url), startLine: line }),
    );
    this.#locations.set(key, new Location({ id, line: [new Line({ functionId: id, line })] }));
    return id;
  }
}
