import type { CachedClient } from '../cache/cache.ts';
import type { Controller } from './controller.ts';
import { type LeaderElectionOptions, LeadershipLost, whileLeading } from './leader-election.ts';

/** A piece of a service, in the shape that @metal3/service runs. */
export interface RuntimePart {
  readonly name: string;
  start(signal: AbortSignal, service: { fail(error: unknown): void }): Promise<void>;
  stop(): Promise<void>;
  ready?(): string | undefined;
}

/** Keeps the caches of a client up to date; ready once all of them are loaded. Replicas that do not lead run it too. */
export function cachesPart(client: CachedClient): RuntimePart {
  let running: Promise<void> = Promise.resolve();
  let synced = false;
  return {
    name: 'kubernetes caches',
    async start(signal) {
      running = client.run(signal);
      // Not awaited: the kinds may not be installed yet, and the process is to say so on /readyz rather than end.
      void client.whenSynced({ signal }).then(
        () => {
          synced = true;
        },
        () => {},
      );
    },
    stop: () => running,
    ready: () => (synced ? undefined : 'waiting for the first list of the watched kinds'),
  };
}

/**
 * Runs controllers, with `election` only while this replica leads. A lost Lease ends the process: what a controller believes may
 * be out of date from then on.
 */
export function controllersPart(
  controllers: readonly Controller[],
  election: LeaderElectionOptions | undefined,
): RuntimePart {
  let running: Promise<void> = Promise.resolve();
  const lead = async (signal: AbortSignal): Promise<void> => {
    // Passes under way are waited for when the service stops, but not when the Lease is lost: another may lead before they end.
    await Promise.race([Promise.all(controllers.map((one) => one.run(signal))), lossOf(signal)]);
  };
  return {
    name: 'controllers',
    async start(signal, service) {
      const work = election === undefined ? lead(signal) : whileLeading(election, lead, signal);
      running = work.catch((error: unknown) => service.fail(error));
    },
    stop: () => running,
  };
}

/** Resolves when the signal aborts because the Lease is lost. */
function lossOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (signal.reason instanceof LeadershipLost) resolve();
    };
    signal.addEventListener('abort', look, { once: true });
  });
}
