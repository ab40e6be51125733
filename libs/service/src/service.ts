import type { Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';
import type { Registry } from 'prom-client';
import type { Clock, Random } from './clock.ts';

/** One long-lived piece of a service: a server, a watcher, a controller. Parts start in order and stop in reverse. */
export interface Part {
  readonly name: string;
  /**
   * Resolves once the part works; the next part starts only then. `signal` aborts when the service is to stop.
   * Rejecting ends the service.
   */
  start(signal: AbortSignal, service: Service): Promise<void>;
  /** Called on shutdown for all parts at once, before any `stop`: take no new work. */
  drain?(): void | Promise<void>;
  /** Ends the part; in-flight work gets until the service's shutdown deadline. */
  stop(): Promise<void>;
  /** Why the part cannot serve now, or undefined when it can. Asked by /readyz and the gRPC health service. */
  ready?(): string | undefined;
  /** Milliseconds `start` may take, default 120 000. */
  readonly startDeadline?: number;
}

/** What `startService` hands to the composition root. */
export interface Service {
  readonly name: string;
  readonly version: string;
  /** `<host name>-<pid>`: names this process in leases, logs and metrics. */
  readonly instance: string;
  readonly log: Logger;
  readonly metrics: Registry;
  readonly tracer: Tracer;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the service has been told to stop. */
  readonly signal: AbortSignal;
  /** Starts the parts in order, serves until told to stop, then drains and stops them in reverse. */
  run(...parts: readonly Part[]): Promise<void>;
  /** Ends the service with exit code 1 after an orderly stop: a lost Lease, a schema outside the window. */
  fail(error: unknown): void;
  /** Reasons why the service is not ready now; empty when it is. */
  unready(): readonly string[];
}
