import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { context, propagation, trace } from '@opentelemetry/api';

/** A span as it was reported. */
interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly status?: { readonly message?: string };
}

export interface TraceCollector {
  readonly spans: readonly CollectedSpan[];
  /** Also takes this process's tracing down, so that the next test begins without. */
  close(): void;
}

/** A collector that speaks OTLP over HTTP with JSON. From now on the services of this process report to it, and soon. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const spans: CollectedSpan[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => {
      const report = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: CollectedSpan[] }[] }[] };
      for (const { scopeSpans } of report.resourceSpans) for (const scope of scopeSpans) spans.push(...scope.spans);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The exporter reads the process's own environment.
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '50';
  return {
    spans,
    close() {
      server.close();
      server.closeAllConnections();
      for (const key of Object.keys(process.env)) if (key.startsWith('OTEL_')) delete process.env[key];
      trace.disable();
      context.disable();
      propagation.disable();
    },
  };
}
