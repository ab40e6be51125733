import { trace, type Tracer } from '@opentelemetry/api';

/** The service's tracer and how to flush it. Without a configured exporter spans cost next to nothing and go nowhere. */
export interface Tracing {
  readonly tracer: Tracer;
  /** Loads the SDK; the tracer handed out before starts recording. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** The SDK (tens of MiB) is imported only when OTEL_EXPORTER_OTLP_ENDPOINT says where spans go. */
export function createTracing(
  name: string,
  version: string,
  env: Readonly<Record<string, string | undefined>>,
): Tracing {
  let shutdown = async () => {};
  return {
    tracer: trace.getTracer(name, version),
    async start() {
      if (!env['OTEL_EXPORTER_OTLP_ENDPOINT'] && !env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']) return;
      const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }] = await Promise.all([
        import('@opentelemetry/sdk-trace-node'),
        import('@opentelemetry/exporter-trace-otlp-http'),
      ]);
      // The SDK names the service from OTEL_SERVICE_NAME.
      process.env['OTEL_SERVICE_NAME'] ??= name;
      const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
      provider.register();
      shutdown = () => provider.shutdown();
    },
    stop: () => shutdown(),
  };
}
