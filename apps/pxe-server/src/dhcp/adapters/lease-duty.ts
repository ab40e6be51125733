import { LeadershipLost, whileLeading, type LeaderElectionOptions } from '@metal3/kube-controller';
import type { Part } from '@metal3/service';
import type { Duty } from '../ports.ts';

/** How long a replica that does not answer is waited for, and how long one that cannot renew goes on: less, so that two never answer. */
const leaseMs = 15_000;
const renewMs = 10_000;

/**
 * Of several replicas the one that holds a Kubernetes Lease is on duty. Who loses it falls silent and stands by again; nothing else of the service is
 * touched. A process that was stopped and goes on looks at its clock before it answers, not at what it believed before.
 */
export function leaseDuty(election: Omit<LeaderElectionOptions, 'leaseMs' | 'renewMs' | 'onRenewed'>): Duty & Part {
  const { clock, onLeading } = election;
  const takeovers: (() => void)[] = [];
  let renewedAt = Number.NEGATIVE_INFINITY;
  let leading = false;
  let running: Promise<void> = Promise.resolve();

  async function standBy(signal: AbortSignal): Promise<void> {
    const options: LeaderElectionOptions = {
      ...election,
      leaseMs,
      renewMs,
      onRenewed: (at) => (renewedAt = at),
      onLeading(now) {
        if (now) for (const task of takeovers) task();
        leading = now;
        onLeading?.(now);
      },
    };
    while (!signal.aborted) {
      try {
        await whileLeading(options, untilAborted, signal);
      } catch (error) {
        if (!(error instanceof LeadershipLost)) throw error;
      }
    }
  }

  return {
    name: 'dhcp duty',
    onDuty: () => leading && clock.monotonic() - renewedAt < renewMs,
    onTakeover: (task) => void takeovers.push(task),
    start(signal, service) {
      running = standBy(signal).catch(service.fail);
      return Promise.resolve();
    },
    stop: () => running,
  };
}

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
