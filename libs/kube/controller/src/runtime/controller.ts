import { type Clock, formatKey, isKubeError, type Log, parseKey } from '@metal3/kube-client';
import { type Reconcile, type Source, TerminalError } from './reconcile.ts';
import { type WorkQueue, workQueue } from './work-queue.ts';

export interface ControllerOptions {
  /** For logs and metrics: lower-case words with dashes. */
  readonly name: string;
  readonly watches: readonly Source[];
  readonly reconcile: Reconcile;
  /** Passes at a time; never two for one object. 1 if left out. */
  readonly concurrency?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: ControllerMetrics;
  /** Milliseconds; see WorkQueueOptions. */
  readonly backOff?: { readonly fromMs: number; readonly toMs: number };
}

/** Told of every pass; counts and durations. */
export interface ControllerMetrics {
  reconciled(pass: {
    readonly controller: string;
    readonly result: 'success' | 'requeue_after' | 'error' | 'terminal';
    readonly durationMs: number;
    readonly queueDepth: number;
  }): void;
}

export interface Controller {
  readonly name: string;
  /** Runs passes until the signal aborts, and resolves when the last one has ended. Never fails. */
  run(signal: AbortSignal): Promise<void>;
}

/** A controller as in controller-runtime: sources name objects, `reconcile` looks at one at a time. */
export function controller(options: ControllerOptions): Controller {
  const { name, clock, concurrency = 1 } = options;
  return {
    name,
    async run(signal) {
      const queue = workQueue({
        clock,
        ...(options.backOff && { backOffFromMs: options.backOff.fromMs, backOffToMs: options.backOff.toMs }),
      });
      try {
        await Promise.all(options.watches.map((source) => source.ready(signal)));
      } catch (error) {
        if (signal.aborted) return;
        throw error;
      }
      for (const source of options.watches) source.start((key) => queue.add(formatKey(key)), signal);
      await Promise.all(Array.from({ length: concurrency }, () => work(queue, options, signal)));
    },
  };
}

async function work(queue: WorkQueue, options: ControllerOptions, signal: AbortSignal): Promise<void> {
  for (let key = await queue.take(signal); key !== undefined; key = await queue.take(signal)) {
    await pass(key, queue, options, signal);
    queue.done(key);
  }
}

async function pass(
  text: string,
  queue: WorkQueue,
  { name, reconcile, clock, log, metrics }: ControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const started = clock.now();
  const failures = queue.failures(text);
  const tell = (result: 'success' | 'requeue_after' | 'error' | 'terminal'): void =>
    metrics?.reconciled({ controller: name, result, durationMs: clock.now() - started, queueDepth: queue.depth });
  try {
    const result = await reconcile(parseKey(text), { signal, log, failures });
    queue.forget(text);
    if (result !== undefined) queue.addAfter(text, result.requeueAfterMs);
    tell(result === undefined ? 'success' : 'requeue_after');
  } catch (error) {
    if (signal.aborted) return;
    const fields = { controller: name, object: text, err: error, failures: failures + 1 };
    if (error instanceof TerminalError) {
      queue.forget(text);
      log.error(fields, 'pass failed; waiting for a change');
      tell('terminal');
      return;
    }
    queue.addRateLimited(text);
    // A conflict means that the pass looked at an older version: the usual way of optimistic writes.
    if (isKubeError(error, 'Conflict')) log.debug(fields, 'pass met a newer version; again');
    else log.error(fields, 'pass failed; again after a pause');
    tell('error');
  }
}
