import { Counter, Gauge, type Registry } from 'prom-client';
import type { RouteName } from './boot-routes.ts';
import type { Refusal } from './connection-limits.ts';

export function httpMetrics(metrics: Registry, open: () => number) {
  const registers = [metrics];
  const requests = new Counter({
    name: 'pxe_http_requests_total',
    help: 'Requests of machines and BMCs',
    labelNames: ['route', 'status'],
    registers,
  });
  const sent = new Counter({
    name: 'pxe_http_sent_bytes_total',
    help: 'Body bytes sent to machines and BMCs',
    labelNames: ['route'],
    registers,
  });
  const refused = new Counter({
    name: 'pxe_http_refused_connections_total',
    help: 'Connections that were not taken, because all clients together (total) or one of them (client) had too many',
    labelNames: ['limit'],
    registers,
  });
  new Gauge({
    name: 'pxe_http_connections',
    help: 'Open connections of machines and BMCs',
    registers,
    collect() {
      this.set(open());
    },
  });
  return {
    served(route: RouteName, status: number, bytes: number) {
      requests.inc({ route, status: String(status) });
      if (bytes > 0) sent.inc({ route }, bytes);
    },
    refused: (limit: Refusal) => refused.inc({ limit }),
  };
}
