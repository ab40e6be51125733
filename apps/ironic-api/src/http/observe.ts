import { Counter, Histogram } from 'prom-client';
import type { Service } from '@metal3/service';
import type { RestServerOptions } from './server.ts';

/** Counts and times requests, and logs what deserves a line: changes at info, reads at debug, our own failures at error. */
export function requestObserver({
  metrics,
  log,
}: Pick<Service, 'metrics' | 'log'>): Pick<RestServerOptions, 'onReply' | 'onInternalError'> {
  const registers = [metrics];
  const replies = new Counter({
    name: 'ironic_api_requests_total',
    help: 'REST requests by method, route and status',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'ironic_api_request_seconds',
    help: 'Time REST requests took',
    labelNames: ['method', 'route'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 2.5, 10],
    registers,
  });
  return {
    onReply({ method, route, status, milliseconds, requestId }) {
      replies.inc({ method, route, status });
      duration.observe({ method, route }, milliseconds / 1000);
      const line = { method, route, status, ms: Math.round(milliseconds * 10) / 10, requestId };
      if (method === 'GET' || route.startsWith('/v1/heartbeat')) log.debug(line, 'request');
      else log.info(line, 'request');
    },
    onInternalError: (error, requestId) => log.error({ error, requestId }, 'request failed'),
  };
}
