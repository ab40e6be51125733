import {
  DhcpFormatError,
  formatIpv4,
  formatPacket,
  messageName,
  parsePacket,
  readClient,
  type DhcpClient,
  type DhcpPacket,
} from '@metal3/dhcp';
import type { Clock, Logger } from '@metal3/service';
import { decide, declineMs, rest, type Decision, type DhcpWorld, type Silence } from './decide.ts';
import type { LeaseChange } from './lease.ts';
import type { LeaseTable } from './lease-table.ts';
import type { Arrival, ConflictProbe, DhcpSockets, Duty, LeaseStore } from './ports.ts';
import { rateGate } from './rate-limit.ts';

/** What became of a packet; a label of metrics. */
export type DhcpOutcome =
  | 'offer'
  | 'ack'
  | 'nak'
  | 'released'
  | 'declined'
  | Silence
  | 'conflict'
  | 'malformed'
  | 'reply'
  | 'rate-limited'
  | 'standby'
  | 'not-saved';

/** Who asked for what, and what they got. */
export interface Exchange {
  readonly request: string;
  readonly outcome: DhcpOutcome;
  readonly client: DhcpClient;
  readonly known: boolean | undefined;
  readonly address: string | undefined;
  readonly bootFile: string | undefined;
}

export interface DhcpServerOptions {
  readonly world: () => DhcpWorld;
  readonly leases: LeaseTable;
  readonly store: LeaseStore;
  readonly sockets: DhcpSockets;
  readonly probe: ConflictProbe | undefined;
  readonly duty: Duty;
  readonly ports: { readonly server: number; readonly client: number; readonly proxy: number };
  readonly clock: Clock;
  readonly log: Logger;
  readonly onPacket?: (outcome: DhcpOutcome, ms: number) => void;
  readonly onExchange?: (exchange: Exchange) => void;
}

/** One exchange of a machine is a handful of packets, retransmissions included. Not by machine: whoever forges a machine's address
 * would silence it. */
const perExchange = { burst: 8, perSecond: 2 };
/** A machine nobody knows, and all of them together: what they ask must not keep known ones waiting. */
const perUnknown = { burst: 10, perSecond: 1 };
const allUnknown = { burst: 500, perSecond: 250 };
/** Log lines a machine, and about requests without an answer: a flood must not fill the disk. */
const linesPerMachine = { burst: 30, perSecond: 2 };
const silentLines = { burst: 50, perSecond: 5 };
/** How often another address is tried when one turns out to be in use. */
const conflictTries = 3;

interface Question {
  readonly packet: DhcpPacket;
  readonly client: DhcpClient;
}

/** Takes packets, lets `decide` decide, carries it out. */
export function dhcpServer(options: DhcpServerOptions) {
  const { world, leases, store, sockets, probe, duty, ports, clock, log } = options;
  const { onPacket = () => {}, onExchange = () => {} } = options;
  const exchanges = rateGate(perExchange);
  const strangers = rateGate(perUnknown);
  const allStrangers = rateGate(allUnknown);
  const lines = rateGate(linesPerMachine);
  const silent = rateGate(silentLines);

  function received(arrival: Arrival): void {
    const began = clock.monotonic();
    const done = (outcome: DhcpOutcome) => onPacket(outcome, clock.monotonic() - began);
    const asked = readRequest(arrival.bytes);
    if (typeof asked === 'string') return done(asked);
    const { client } = asked;
    if (!duty.onDuty()) return done('standby');
    if (!admits(asked, clock.now())) return done('rate-limited');
    answer(asked, arrival, done).catch((error: unknown) => {
      done('not-saved');
      log.error({ error, mac: client.mac }, 'dhcp: an exchange failed');
    });
  }

  /** A machine that is known is never held up by those that are not. */
  function admits({ packet, client }: Question, now: number): boolean {
    if (!exchanges.admit(`${client.key} ${packet.xid}`, now)) return false;
    if (isKnown(client, world()) || leases.holds(client.key)) return true;
    return strangers.admit(client.key, now) && allStrangers.admit('', now);
  }

  async function answer(asked: Question, arrival: Arrival, done: (outcome: DhcpOutcome) => void): Promise<void> {
    const { packet, client } = asked;
    for (let attempt = 1; ; attempt++) {
      const decision = decide({ packet, client, link: arrival.link }, world());
      const { change } = decision;
      if (change !== undefined) leases.apply(change);
      if (decision.kind === 'reply' && decision.fresh === true && change?.kind === 'hold' && probe !== undefined) {
        const { lease } = change;
        const link = packet.giaddr === 0 ? arrival.link : undefined;
        if (await probe.inUse(lease.address, { mac: client.mac, link })) {
          const conflict = rest(lease, clock.now() + declineMs);
          leases.apply(conflict);
          await store.write([conflict]);
          log.warn({ address: formatIpv4(lease.address), mac: client.mac }, 'dhcp: somebody else uses the address');
          if (attempt < conflictTries) continue;
          return done('conflict');
        }
      }
      // What a client may rely on must survive a crash before the client hears of it.
      if (change !== undefined && isLasting(change)) await store.write([change]);
      return finish(asked, decision, arrival, done);
    }
  }

  function finish(
    { packet, client }: Question,
    decision: Decision,
    arrival: Arrival,
    done: (outcome: DhcpOutcome) => void,
  ): void {
    const request = messageName(client.type);
    const facts = factsOf(client, packet);
    const speaks = lines.admit(client.key, clock.now());
    switch (decision.kind) {
      case 'silent':
        if (speaks && silent.admit('', clock.now()))
          log.info({ ...facts, why: decision.why }, `dhcp: ${request} not answered`);
        onExchange({
          request,
          outcome: decision.why,
          client,
          known: undefined,
          address: undefined,
          bootFile: undefined,
        });
        return done(decision.why);
      case 'note':
        if (speaks) log.info(facts, `dhcp: ${request} ${decision.what}`);
        onExchange({
          request,
          outcome: decision.what,
          client,
          known: undefined,
          address: undefined,
          bootFile: undefined,
        });
        return done(decision.what);
      case 'reply': {
        // Looking for conflicts takes a while, in which another may have taken over.
        if (!duty.onDuty()) return done('standby');
        const { bytes, omitted } = formatPacket(decision.packet, client.maximumSize);
        sockets.send(bytes, destination(packet, decision, arrival, ports), arrival.link);
        const address = decision.packet.yiaddr === 0 ? undefined : formatIpv4(decision.packet.yiaddr);
        const bootFile = decision.boot?.file;
        const told = { address, bootFile, known: decision.known, omitted: omitted.length > 0 ? omitted : undefined };
        if (speaks) log.info({ ...facts, ...told }, `dhcp: ${request} answered ${decision.type.toUpperCase()}`);
        onExchange({ request, outcome: decision.type, client, known: decision.known, address, bootFile });
        return done(decision.type);
      }
    }
  }

  // Machines get theirs again all the same: it follows from their MAC address, and is looked for in use before it is offered.
  duty.onTakeover(() => leases.forget());

  return {
    received,
    /** Reads what was kept; returns the number of leases. */
    async restore(): Promise<number> {
      for (const lease of await store.load()) leases.apply({ kind: 'hold', lease });
      leases.expire(clock.now());
      return leases.size;
    },
    expire: () => leases.expire(clock.now()),
  };
}

const isKnown = ({ mac }: DhcpClient, { plan, isKnown: booted }: DhcpWorld): boolean =>
  plan.reservations.has(mac) || booted(mac);

/** An offer is forgotten in a crash without harm: the client asks again. */
const isLasting = (change: LeaseChange): boolean => change.kind === 'free' || change.lease.state !== 'offered';

function readRequest(bytes: Uint8Array): Question | 'malformed' | 'reply' {
  try {
    const packet = parsePacket(bytes);
    // Other servers' broadcasts arrive here too.
    if (packet.op !== 1) return 'reply';
    return { packet, client: readClient(packet) };
  } catch (error) {
    if (error instanceof DhcpFormatError) return 'malformed';
    throw error;
  }
}

/** RFC 2131 section 4.1. Broadcast where the client did not ask for it too: the client cannot answer ARP before it is configured. */
function destination(
  { giaddr, ciaddr }: DhcpPacket,
  { type }: Extract<Decision, { readonly kind: 'reply' }>,
  { fromHost, fromPort }: Arrival,
  ports: DhcpServerOptions['ports'],
): { readonly host: string; readonly port: number } {
  if (giaddr !== 0) return { host: formatIpv4(giaddr), port: ports.server };
  // A PXE client that asked at the port of boot servers.
  if (fromPort === ports.proxy) return { host: fromHost, port: fromPort };
  if (ciaddr !== 0 && type !== 'nak') return { host: formatIpv4(ciaddr), port: ports.client };
  return { host: '255.255.255.255', port: ports.client };
}

/** The fields of a log line, those that say something only. */
function factsOf(client: DhcpClient, packet: DhcpPacket): Record<string, string | number> {
  const { mac, key, vendorClass, boot, hostName, relay, requested } = client;
  const facts: Record<string, string | number | undefined> = {
    mac: mac === '' ? key : mac,
    xid: packet.xid.toString(16),
    requested: requested === undefined ? undefined : formatIpv4(requested),
    program: boot?.program,
    firmware: boot?.architecture.firmware,
    machineId: boot?.machineId,
    vendorClass: boot === undefined && vendorClass !== '' ? vendorClass.slice(0, 60) : undefined,
    hostName,
    relay: packet.giaddr === 0 ? undefined : formatIpv4(packet.giaddr),
    circuit: relay?.circuitId?.slice(0, 60),
  };
  return Object.fromEntries(
    Object.entries(facts).filter((fact): fact is [string, string | number] => fact[1] !== undefined),
  );
}
