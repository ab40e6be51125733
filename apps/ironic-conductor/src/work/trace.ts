import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import type { WorkOrigin } from '@metal3/node-store';
import { wordsOf } from './problems.ts';

/** Runs one effect. */
export type Traced = <Result>(origin: WorkOrigin | null, name: string, run: () => Promise<Result>) => Promise<Result>;

export const untraced: Traced = (_origin, _name, run) => run();

/**
 * A span for each effect, as a child of the request that asked for the work, so that one trace shows a node's way from the request to the
 * running system, whichever conductors it took. Costs next to nothing while no SDK is loaded.
 */
export const effectTracer =
  (tracer: Tracer): Traced =>
  async (origin, name, run) => {
    const parent = propagation.extract(context.active(), origin ?? {});
    const span = tracer.startSpan(name, { kind: SpanKind.INTERNAL }, parent);
    try {
      return await context.with(trace.setSpan(parent, span), run);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: wordsOf(error) });
      throw error;
    } finally {
      span.end();
    }
  };
