import { createSocket, type Socket } from 'node:dgram';
import { formatIpv6, readIpv6 } from '@metal3/dhcp';
import type { Part, Service } from '@metal3/service';
import { Counter } from 'prom-client';
import { leaseFile } from '../dhcp/adapters/lease-file.ts';
import { ownAddress } from '../dhcp/own-address.ts';
import type { Duty } from '../dhcp/ports.ts';
import { bootErrors } from '../errors.ts';
import type { Loaders } from '../ipxe/loaders.ts';
import type { Decision6, Request6 } from './decide.ts';
import { leaseTable6 } from './lease-table.ts';
import { readPlan6 } from './plan.ts';
import { dhcp6Server } from './server.ts';
import type { Dhcp6Settings } from './settings.ts';

export interface Dhcp6PartOptions {
  readonly settings: Dhcp6Settings;
  readonly loaders: Loaders;
  readonly isKnown: (mac: string) => boolean;
  readonly httpUrl: () => string;
  readonly duty: Duty;
  readonly onExchange?: (request: Request6, decision: Decision6) => void;
}

const sweepMs = 1_000;
const serverPort = 547;
/** All_DHCP_Relay_Agents_and_Servers (RFC 8415 section 7.1). */
const servers = 'ff02::1:2';

/** DHCPv6 as a part of the service; does nothing when `dhcp6.mode` is off. */
export function dhcp6Part(
  { settings, loaders, isKnown, httpUrl, duty, onExchange }: Dhcp6PartOptions,
  service: Service,
): Part {
  if (settings.mode === 'off') return { name: 'dhcp6', start: () => Promise.resolve(), stop: () => Promise.resolve() };
  const { clock, log, metrics } = service;
  const address = ownAddress('dhcp6.address', settings.address);
  const plan = readPlan6({ ...settings, address });
  const leases = leaseTable6();
  const store = leaseFile(settings.leaseFile, { format: formatIpv6, read: readIpv6 }, service);
  const packets = new Counter<'outcome'>({
    name: 'pxe_dhcp6_packets_total',
    help: 'DHCPv6 messages by what became of them',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  let socket: Socket | undefined;
  const base = settings.httpUrl.replace(/\/+$/, '');
  const server = dhcp6Server({
    world: () => ({
      now: clock.now(),
      plan,
      leases,
      unknown: settings.unknown,
      isKnown,
      loaders,
      httpUrl: base === '' ? httpUrl() : base,
    }),
    leases,
    store,
    send: (bytes, host, port) => socket?.send(bytes, port, host, () => {}),
    duty,
    clock,
    log,
    onPacket: (outcome) => packets.inc({ outcome }),
    ...(onExchange === undefined ? {} : { onExchange }),
  });
  return {
    name: 'dhcp6',
    async start(signal) {
      const kept = await server.restore();
      void clock.every(sweepMs, () => void server.expire(), signal);
      socket = await listen(settings.interface, server.received);
      log.info(
        { interface: settings.interface, address, subnets: plan.subnets.map(({ name }) => name), leases: kept },
        'dhcp6 listens',
      );
    },
    async stop() {
      socket?.close();
      socket = undefined;
      await store.close();
    },
  };
}

/** Clients send from link-local addresses, whose zone names the interface: what came in on another one is not ours to answer. */
function listen(
  name: string,
  received: (arrival: { bytes: Buffer; host: string; port: number }) => void,
): Promise<Socket> {
  const socket = createSocket({ type: 'udp6', reuseAddr: true, ipv6Only: true, recvBufferSize: 4 << 20 });
  socket.on('message', (bytes, { address: host, port }) => {
    const zone = host.split('%')[1];
    if (zone === undefined || zone === name) received({ bytes, host, port });
  });
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => {
      socket.close();
      reject(bootErrors.socket(`cannot listen for DHCPv6 on ${name}: ${cause.message}`, { cause }));
    };
    socket.once('error', fail);
    socket.bind(serverPort, '::', () => {
      try {
        socket.addMembership(servers, `::%${name}`);
      } catch (error) {
        return fail(error as Error);
      }
      socket.off('error', fail);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}
