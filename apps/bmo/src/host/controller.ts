import type { BareMetalHost } from '@metal3/metal3-api';
import type { Seconds } from '../kernel.ts';
import { ProvisionerError } from '../provisioner/errors.ts';
import { finalizers, isPaused } from './annotations.ts';
import { fingerprintOf, type HostMemory } from './memory.ts';
import { HostPass, type PassTools } from './pass.ts';
import type { HostLog } from './record.ts';
import { inTraceOf } from './trace.ts';

export interface HostKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** Passes over BareMetalHosts, one at a time per host. */
export interface HostReconciler {
  /** @returns seconds until the next pass; undefined: when something changes */
  reconcile(key: HostKey): Promise<Seconds | undefined>;
  /** What each host waits for, in words. */
  readonly reasons: ReadonlyMap<string, string>;
}

/** Ironic says "not now" for moments only. */
const busyRecheck: Seconds = 1;
/** Hosts are told as well when Ironic comes back. */
const unavailableRecheck: Seconds = 10;

export function hostReconciler(tools: PassTools & { readonly log: Log }): HostReconciler {
  const memories = new Map<string, HostMemory>();
  const reasons = new Map<string, string>();
  const { store, metrics, clock, log } = tools;

  async function reconcile(key: HostKey): Promise<Seconds | undefined> {
    const text = `${key.namespace ?? ''}/${key.name}`;
    const found = store.findHost(key);
    if (found === undefined) {
      memories.delete(text);
      reasons.delete(text);
      metrics.forget(key);
      return undefined;
    }
    metrics.reconciled(found);
    if (isPaused(found.metadata.annotations)) {
      reasons.set(text, 'the host is paused');
      return undefined;
    }

    const memory = memories.get(text) ?? {};
    const held = stillHeld(found, memory);
    if (held !== undefined) return held;

    const host = await prepare(found);
    if (host === undefined) return undefined;
    const pass = new HostPass(host, { ...memory, pause: undefined }, tools);
    try {
      const end = await inTraceOf(host, () => pass.run());
      memories.set(text, pass.memory);
      if (end.kind === 'gone') return undefined;
      reasons.set(text, end.reason);
      log.debug({ host: text, reason: end.reason, recheckIn: end.recheckIn }, 'host rests');
      return end.recheckIn;
    } catch (error) {
      memories.set(text, pass.memory);
      return afterError(error, text);
    }
  }

  /** How long a host that failed is left in peace yet. Changes of its node alone do not end the pause. */
  function stillHeld(host: BareMetalHost, { pause }: HostMemory): Seconds | undefined {
    if (pause === undefined || host.status?.errorType === undefined) return undefined;
    if (pause.fingerprint !== fingerprintOf(host, store.surroundingsOf(host))) return undefined;
    const left = pause.until - clock.now() / 1000;
    return left > 0 ? left : undefined;
  }

  /** The finalizer comes before anything that it stands for; what HardwareData waits for is over once deletion begins. */
  async function prepare(host: BareMetalHost): Promise<BareMetalHost | undefined> {
    const ours = host.metadata.finalizers?.includes(finalizers.host) === true;
    if (host.metadata.deletionTimestamp === undefined) return ours ? host : store.addFinalizer(host);
    if (!ours) return undefined;
    await store.releaseHardware(host);
    return host;
  }

  function afterError(error: unknown, host: string): Seconds {
    metrics.reconcileFailed();
    if (error instanceof ProvisionerError) {
      switch (error.code) {
        case 'busy':
        case 'absent':
          log.debug({ host, code: error.code, detail: error.message }, 'the node has moved on; looking again');
          return busyRecheck;
        case 'unavailable':
          metrics.count('provisionerNotReady');
          reasons.set(host, `Ironic cannot be reached: ${error.message}`);
          return unavailableRecheck;
        default:
          break;
      }
    }
    throw error;
  }

  return { reconcile, reasons };
}

interface Log extends HostLog {
  debug(fields: object, message: string): void;
}
