import { trace } from '@opentelemetry/api';
import { pino, type DestinationStream, type Logger } from 'pino';
import { CodedError } from './errors.ts';
import { redact, redactText } from './redact.ts';

export type { Logger } from 'pino';

/** JSON lines on stdout; values under secret names are replaced. Times are ISO 8601. */
export function createLogger(name: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    name,
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { log: (line: Record<string, unknown>) => redact(line) },
    mixin: traceOfNow,
    serializers: { error: describeError, err: describeError },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Ties a line to its trace, when traces are recorded. */
function traceOfNow(): object {
  const span = trace.getActiveSpan()?.spanContext();
  return span === undefined ? {} : { trace_id: span.traceId, span_id: span.spanId };
}

/** An error as a log line shows it: code and remedy for coded ones, the stack only for bugs and strangers, causes as sentences. */
export function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause)
    causes.push(redactText(cause.message));
  const stack = error.stack === undefined ? undefined : redactText(error.stack);
  const shared = { message: redactText(error.message), ...(causes.length > 0 ? { causes } : {}) };
  if (!(error instanceof CodedError)) return { name: error.name, ...shared, stack };
  const { code, class: kind, remedy, details } = error;
  return { code, class: kind, ...shared, remedy, details: redact(details), ...(kind === 'bug' ? { stack } : {}) };
}
