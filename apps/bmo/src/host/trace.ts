import { createHash } from 'node:crypto';
import type { BareMetalHost } from '@metal3/metal3-api';
import { context, trace, TraceFlags } from '@opentelemetry/api';

/**
 * The trace of what a host goes through from being applied, or from the end of the system it had, to the next running system. It is worked out
 * from the host and kept nowhere, so that every pass, before and after a restart and on any replica, has the same.
 */
export function traceIdOf({ metadata, status }: BareMetalHost): string {
  const life = status?.operationHistory?.deprovision?.start ?? '';
  return createHash('sha256')
    .update(`${metadata.uid ?? ''} ${life}`)
    .digest('hex')
    .slice(0, 32);
}

/** Runs a pass over a host in the host's trace: what it asks of Ironic, and all that Ironic does for it, belongs to it. */
export function inTraceOf<Result>(host: BareMetalHost, pass: () => Result): Result {
  const traceId = traceIdOf(host);
  const origin = { traceId, spanId: traceId.slice(0, 16), traceFlags: TraceFlags.SAMPLED, isRemote: true };
  return context.with(trace.setSpanContext(context.active(), origin), pass);
}
