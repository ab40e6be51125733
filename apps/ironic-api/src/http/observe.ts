import { Counter, Histogram } from 'prom-client';
import type { Service } from '@metal3/service';
import type { RestServerOptions } from './server.ts';

const failed = { bmc: 'the BMC failed the request', service: 'request not possible now' };

/** Counts and times requests, and logs what deserves a line: changes at info, reads at debug, failures of BMCs and of what we depend on
 * as warnings, our own at error. */
export function requestObserver({
  metrics,
  log,
}: Pick<Service, 'metrics' | 'log'>): Pick<RestServerOptions, 'onReply' | 'onFailure'> {
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
    onReply({ method, route, status, milliseconds, requestId, node }) {
      replies.inc({ method, route, status });
      duration.observe({ method, route }, milliseconds / 1000);
      const line = { method, route, node, status, ms: Math.round(milliseconds * 10) / 10, requestId };
      if (method === 'GET' || route.startsWith('/v1/heartbeat')) log.debug(line, 'request');
      else log.info(line, 'request');
    },
    onFailure({ fault, error, method, route, node, requestId }) {
      const line = { method, route, node, requestId };
      if (fault.kind === 'internal') log.error({ ...line, error }, 'request failed');
      else log.warn({ ...line, why: fault.message }, failed[fault.kind === 'bmc-failed' ? 'bmc' : 'service']);
    },
  };
}
