import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import type { DestinationStream } from 'pino';
import { Registry } from 'prom-client';
import { writeAddressFile } from './address-file.ts';
import { systemClock, systemRandom, type Clock, type Random } from './clock.ts';
import { generalErrors, toCodedError } from './errors.ts';
import { startHealthServer, type HealthServer } from './health.ts';
import { createLogger } from './log.ts';
import { processMetrics } from './metrics.ts';
import type { Part, Service } from './service.ts';
import type { ServiceSettings } from './settings.ts';
import { createTracing } from './tracing.ts';

/** What a service needs from its process; tests put something quieter in its place. */
export interface ServiceHost {
  /** Calls back for SIGTERM and SIGINT; returns how to stop listening. */
  onStop(stop: (why: string) => void): () => void;
  /** Calls back for errors that nobody caught, rejections included. */
  onFault?(fault: (error: unknown) => void): () => void;
  exit(code: number): void;
}

export interface ServiceOptions {
  readonly version?: string;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly host?: ServiceHost;
  readonly logTo?: DestinationStream;
}

/** What the bundler of the images puts in place of the name: the version of the service. */
declare const METAL3_VERSION: string | undefined;
const builtVersion = typeof METAL3_VERSION === 'string' ? METAL3_VERSION : '0.1.0';

// process.exit of Node 24 waits for V8's threads. One that compiles may just have asked the main thread to collect garbage, and both wait for
// ever: seen once, in a program that had done its work. The compiler that asks then works on the main thread instead.
setFlagsFromString('--no-concurrent-sparkplug');

const processHost: ServiceHost = {
  onStop(stop) {
    const signals = ['SIGTERM', 'SIGINT'] as const;
    const listeners = signals.map((signal) => [signal, () => stop(signal)] as const);
    for (const [signal, listener] of listeners) process.on(signal, listener);
    return () => {
      for (const [signal, listener] of listeners) process.off(signal, listener);
    };
  },
  onFault(fault) {
    // Unhandled rejections arrive here too.
    process.on('uncaughtException', fault);
    return () => process.off('uncaughtException', fault);
  },
  exit: (code) => process.exit(code),
};

/** Logging, metrics, tracing, clock and the life cycle of one service. Nothing listens before `run`. */
export function startService(
  name: string,
  { service: settings }: { readonly service: ServiceSettings },
  options: ServiceOptions = {},
): Service {
  const {
    version = builtVersion,
    clock = systemClock,
    random = systemRandom,
    env = process.env,
    host = processHost,
  } = options;
  const log = createLogger(name, settings.logLevel, options.logTo);
  const metrics = new Registry();
  metrics.setDefaultLabels({ service: name });
  processMetrics(metrics, version);
  const tracing = createTracing(name, version, env);
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  let phase: 'starting' | 'running' | 'stopping' = 'starting';
  let begun = false;
  let failure: unknown;
  let parts: readonly Part[] = [];

  const end = (why: string) => {
    if (phase === 'stopping') return;
    phase = 'stopping';
    log.info({ why }, 'stopping');
    stopping.abort(generalErrors.cancelled(`${name} is stopping (${why})`));
  };
  const service: Service = {
    name,
    version,
    instance: `${hostname()}-${process.pid}`,
    log,
    metrics,
    tracer: tracing.tracer,
    clock,
    random,
    signal: stopping.signal,
    run,
    fail(error) {
      failure ??= error ?? new Error('failed');
      log.fatal({ error }, 'cannot go on');
      end('failure');
    },
    unready() {
      const reasons = parts.flatMap((part) => {
        const reason = part.ready?.();
        return reason === undefined ? [] : [`${part.name}: ${reason}`];
      });
      return phase === 'running' ? reasons : [`service: ${phase}`, ...reasons];
    },
  };

  async function run(...all: readonly Part[]): Promise<void> {
    begun = true;
    parts = all;
    const started: Part[] = [];
    let health: HealthServer | undefined;
    const releases = [host.onStop(end), releaseFaults];
    try {
      await tracing.start();
      health = await startHealthServer(settings.healthListen, { metrics, unready: service.unready });
      writeAddressFile(settings.healthPortFile, health.address);
      log.info({ health: health.address, version }, 'health server listens');
      for (const part of all) {
        if (stopping.signal.aborted) break;
        started.push(part);
        await startPart(part);
      }
      if (phase === 'starting') {
        phase = 'running';
        log.info({ parts: all.map((part) => part.name) }, 'started');
      }
    } catch (error) {
      if (!stopping.signal.aborted) service.fail(error);
    }
    await stopped;
    await stopParts(started);
    await health?.close();
    await tracing.stop().catch((error: unknown) => log.warn({ error }, 'spans may be lost'));
    for (const release of releases) release();
    log.info('stopped');
    host.exit(failure === undefined ? 0 : 1);
  }

  async function startPart(part: Part): Promise<void> {
    const began = clock.monotonic();
    const deadline = part.startDeadline ?? 120_000;
    const started = Promise.race([part.start(stopping.signal, service), stopped]);
    await within(clock, deadline, started, () => {
      throw generalErrors.deadline(`${part.name} did not start within ${deadline} ms`);
    });
    log.debug({ part: part.name, ms: Math.round(clock.monotonic() - began) }, 'part started');
  }

  async function stopParts(started: readonly Part[]): Promise<void> {
    const work = async () => {
      await Promise.all(started.map((part) => quietly(part, 'drain', async () => part.drain?.())));
      for (const part of started.toReversed()) await quietly(part, 'stop', () => part.stop());
    };
    await within(clock, settings.shutdownTimeout, work(), () => {
      log.error({ timeoutMs: settings.shutdownTimeout }, 'parts did not stop in time; leaving all the same');
    });
  }

  async function quietly(part: Part, what: string, task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      log.error({ part: part.name, error: toCodedError(error) }, `${what} failed`);
    }
  }

  // From now on, since much can be wrong before there is anything to run: a file that cannot be read, a setting that another one contradicts.
  const releaseFaults =
    host.onFault?.((error) => {
      service.fail(error);
      if (!begun) host.exit(1);
    }) ?? (() => {});

  return service;
}

/** Waits for `work`, but no longer than `ms`; then `late` says what comes of it. */
async function within<T>(clock: Clock, ms: number, work: Promise<T>, late: () => T): Promise<T> {
  let cancel = () => {};
  const overdue = new Promise<T>((resolve, reject) => {
    cancel = clock.after(ms, () => void Promise.resolve().then(late).then(resolve, reject));
  });
  try {
    return await Promise.race([work, overdue]);
  } finally {
    cancel();
  }
}
