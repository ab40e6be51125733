import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ControllerMetrics } from './controller.ts';

/** Passes of controllers, under the names that controller-runtime uses. */
export function controllerMetrics(registry: Registry): ControllerMetrics {
  const registers = [registry];
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
    labelNames: ['controller'],
    registers,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames: ['controller'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const depth = new Gauge({
    name: 'workqueue_depth',
    help: 'Current depth of workqueue',
    labelNames: ['name'],
    registers,
  });
  return {
    reconciled({ controller, result, durationMs, queueDepth }) {
      const failed = result === 'error' || result === 'terminal';
      total.inc({ controller, result: failed ? 'error' : result });
      if (failed) errors.inc({ controller });
      time.observe({ controller }, durationMs / 1000);
      depth.set({ name: controller }, queueDepth);
    },
  };
}

/** Whether this replica leads, under the name that client-go uses. Tell the one that `lead` runs in. */
export function leadershipMetric(registry: Registry, lease: string): { readonly set: (leading: boolean) => void } {
  const gauge = new Gauge({
    name: 'leader_election_master_status',
    help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master',
    labelNames: ['name'],
    registers: [registry],
  });
  gauge.set({ name: lease }, 0);
  return { set: (leading) => gauge.set({ name: lease }, leading ? 1 : 0) };
}
