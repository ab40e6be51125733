import { Gauge, type Registry } from 'prom-client';

/**
 * Process metrics under prom-client's usual names. Everything is read at scrape time, nothing samples in between.
 */
export function processMetrics(registry: Registry, version: string): void {
  const registers = [registry];
  const read = (name: string, help: string, value: () => number) => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  };
  read('process_resident_memory_bytes', 'Resident memory', () => process.memoryUsage.rss());
  read('process_cpu_seconds_total', 'User and system CPU time', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  read('nodejs_heap_size_used_bytes', 'JavaScript heap in use', () => process.memoryUsage().heapUsed);
  read('process_start_time_seconds', 'Start of the process', () => Math.round(Date.now() / 1000 - process.uptime()));
  let before = performance.eventLoopUtilization();
  read(
    'nodejs_eventloop_utilization',
    'Share of the time since the last scrape in which the event loop was busy',
    () => {
      const after = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(after, before);
      before = after;
      return Number.isFinite(utilization) ? utilization : 0;
    },
  );
  new Gauge({ name: 'metal3_build_info', help: 'Version of the service', labelNames: ['version'], registers }).set(
    { version },
    1,
  );
}
