import { Histogram, type Registry } from 'prom-client';

export interface CallMetrics {
  handled(method: string, status: string, ms: number): void;
}

/** Calls served, by method and status; one histogram per service process, shared by its gRPC servers. */
export function callMetrics(registry: Registry): CallMetrics {
  const name = 'grpc_server_handling_seconds';
  const existing = registry.getSingleMetric(name) as Histogram<'grpc_method' | 'grpc_code'> | undefined;
  const histogram =
    existing ??
    new Histogram({
      name,
      help: 'Time from the arrival of a call to its end',
      labelNames: ['grpc_method', 'grpc_code'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers: [registry],
    });
  return {
    handled: (method, status, ms) => histogram.observe({ grpc_method: method, grpc_code: status }, ms / 1000),
  };
}
