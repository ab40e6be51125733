import { formatIpv4, readIpv4 } from '@metal3/dhcp';
import type { Part, Service } from '@metal3/service';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Loaders } from '../ipxe/loaders.ts';
import { arpProbe } from './adapters/conflict-probe.ts';
import { leaseFile } from './adapters/lease-file.ts';
import { dhcpUdp } from './adapters/udp.ts';
import { leaseTable } from './lease-table.ts';
import { ownAddress } from './own-address.ts';
import { readPlan } from './plan.ts';
import type { Duty } from './ports.ts';
import { dhcpServer, type DhcpOutcome, type Exchange } from './server.ts';
import type { DhcpSettings } from './settings.ts';

export interface DhcpPartOptions {
  readonly settings: DhcpSettings;
  readonly loaders: Loaders;
  readonly isKnown: (mac: string) => boolean;
  readonly httpUrl: () => string;
  readonly duty: Duty;
  readonly onExchange?: (exchange: Exchange) => void;
}

const sweepMs = 1_000;

/** DHCPv4 as a part of the service; does nothing when `dhcp.mode` is off. */
export function dhcpPart(options: DhcpPartOptions, service: Service): Part {
  const { loaders, isKnown, httpUrl, duty, onExchange } = options;
  const { mode, ports, unknown } = options.settings;
  if (mode === 'off') return { name: 'dhcp', start: () => Promise.resolve(), stop: () => Promise.resolve() };
  const { clock, log, metrics } = service;
  const listen = ownAddress('dhcp.listen', options.settings.listen);
  const settings = { ...options.settings, listen };
  const plan = readPlan(settings);
  const leases = leaseTable(plan.subnets, plan.reservedAddresses);
  const store = leaseFile(settings.leaseFile, { format: formatIpv4, read: readIpv4 }, service);
  const sockets = dhcpUdp(listen, { server: ports.server, proxy: mode === 'proxy' ? ports.proxy : undefined });
  const probe = settings.conflictProbe && mode === 'server' ? arpProbe(clock) : undefined;
  const packets = new Counter<'outcome'>({
    name: 'pxe_dhcp_packets_total',
    help: 'DHCPv4 packets by what became of them',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  const durations = new Histogram<'outcome'>({
    name: 'pxe_dhcp_seconds',
    help: 'Time from a DHCPv4 packet to its answer, the probe for conflicts included',
    labelNames: ['outcome'],
    buckets: [0.0005, 0.001, 0.005, 0.025, 0.1, 0.5, 2],
    registers: [metrics],
  });
  new Gauge({
    name: 'pxe_dhcp_leases',
    help: 'Addresses that are offered, in use or at rest',
    registers: [metrics],
    collect() {
      this.set(leases.size);
    },
  });
  const server = dhcpServer({
    world: () => ({ mode, now: clock.now(), plan, leases, unknown, isKnown, loaders, httpUrl: httpUrl() }),
    leases,
    store,
    sockets,
    probe,
    duty,
    ports,
    clock,
    log,
    onPacket(outcome: DhcpOutcome, ms) {
      packets.inc({ outcome });
      if (outcome === 'offer' || outcome === 'ack' || outcome === 'nak') durations.observe({ outcome }, ms / 1000);
    },
    ...(onExchange === undefined ? {} : { onExchange }),
  });
  return {
    name: 'dhcp',
    async start(signal) {
      const kept = mode === 'server' ? await server.restore() : 0;
      void clock.every(sweepMs, () => void server.expire(), signal);
      await sockets.open(server.received);
      const subnets = plan.subnets.map(({ name, ranges }) => ({
        name,
        ranges: ranges.map(({ first, last }) => `${formatIpv4(first)}-${formatIpv4(last)}`),
      }));
      log.info({ mode, listen, port: ports.server, subnets, leases: kept, unknown }, 'dhcp listens');
    },
    async stop() {
      sockets.close();
      probe?.close();
      await store.close();
    },
  };
}
