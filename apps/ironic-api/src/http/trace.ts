import type { IncomingHttpHeaders } from 'node:http';
import { context, propagation, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { redactText } from '@metal3/service';
import type { ApiReply } from './route.ts';

/** Runs the handling of a request. */
export type Traced = (headers: IncomingHttpHeaders, name: string, handle: () => Promise<ApiReply>) => Promise<ApiReply>;

/**
 * The server's span of each request, as a child of the caller's (`traceparent`), around everything done for it, so that calls to conductors
 * belong to the same trace. Costs next to nothing while no SDK is loaded.
 */
export const requestTracer =
  (tracer: Tracer): Traced =>
  (headers, name, handle) => {
    const parent = propagation.extract(context.active(), headers);
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent);
    return context.with(trace.setSpan(parent, span), async () => {
      try {
        const reply = await handle();
        span.setAttribute('http.response.status_code', reply.status);
        return reply;
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: redactText((error as Error).message) });
        throw error;
      } finally {
        span.end();
      }
    });
  };
