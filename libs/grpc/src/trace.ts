import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { Metadata } from '@grpc/grpc-js';
import { redactText } from '@metal3/service';

const setter = { set: (metadata: Metadata, key: string, value: string) => metadata.set(key, value) };
const getter = {
  keys: (metadata: Metadata) => Object.keys(metadata.getMap()),
  get: (metadata: Metadata, key: string) => metadata.get(key).map(String),
};

/** Adds the caller's trace context (traceparent) to a call; nothing when no SDK is loaded. */
export function injectTrace(metadata: Metadata): void {
  propagation.inject(context.active(), metadata, setter);
}

/** Begins the server's span of a call as a child of the caller's. */
export function serverSpan(
  tracer: Tracer,
  path: string,
  metadata: Metadata,
): { readonly span: Span; readonly scope: Context } {
  const parent = propagation.extract(context.active(), metadata, getter);
  const span = tracer.startSpan(path.slice(1), { kind: SpanKind.SERVER, attributes: { 'rpc.system': 'grpc' } }, parent);
  return { span, scope: trace.setSpan(parent, span) };
}

/** Begins the client's span of a call. */
export function clientSpan(tracer: Tracer, path: string): { readonly span: Span; readonly scope: Context } {
  const span = tracer.startSpan(path.slice(1), { kind: SpanKind.CLIENT, attributes: { 'rpc.system': 'grpc' } });
  return { span, scope: trace.setSpan(context.active(), span) };
}

/** Ends a span with the outcome of its call. */
export function endSpan(span: Span, error?: unknown): void {
  if (error !== undefined) {
    const message = redactText(error instanceof Error ? error.message : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message });
  }
  span.end();
}
