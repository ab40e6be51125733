import {
  DhcpFormatError,
  formatIpv6,
  formatMessage6,
  formatRelayed6,
  messageName6,
  parseMessage6,
  readClient6,
  readIpv6,
  type Ipv6,
} from '@metal3/dhcp';
import type { Clock, Logger } from '@metal3/service';
import type { Duty, LeaseStore } from '../dhcp/ports.ts';
import { rateGate } from '../dhcp/rate-limit.ts';
import { decide6, type Decision6, type Dhcp6World, type Request6, type Silence6 } from './decide.ts';
import type { LeaseTable6 } from './lease-table.ts';

export type Dhcp6Outcome = 'advertise' | 'reply' | Silence6 | 'malformed' | 'rate-limited' | 'standby' | 'not-saved';

/** A datagram that came in on the interface of the server. */
export interface Arrival6 {
  readonly bytes: Uint8Array;
  /** With its zone when it is link-local. */
  readonly host: string;
  readonly port: number;
}

export interface Dhcp6ServerOptions {
  readonly world: () => Dhcp6World;
  readonly leases: LeaseTable6;
  readonly store: LeaseStore<Ipv6>;
  readonly send: (bytes: Uint8Array, host: string, port: number) => void;
  readonly duty: Duty;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onPacket?: (outcome: Dhcp6Outcome) => void;
  readonly onExchange?: (request: Request6, decision: Decision6) => void;
}

/** As for IPv4. */
const perExchange = { burst: 8, perSecond: 2 };
const perUnknown = { burst: 10, perSecond: 1 };
const allUnknown = { burst: 500, perSecond: 250 };
const linesPerMachine = { burst: 30, perSecond: 2 };
const silentLines = { burst: 50, perSecond: 5 };
const relayPort = 547;

/** Takes messages, lets `decide6` decide, carries it out. */
export function dhcp6Server({
  world,
  leases,
  store,
  send,
  duty,
  clock,
  log,
  onPacket = () => {},
  onExchange = () => {},
}: Dhcp6ServerOptions) {
  const exchanges = rateGate(perExchange);
  const strangers = rateGate(perUnknown);
  const allStrangers = rateGate(allUnknown);
  const lines = rateGate(linesPerMachine);
  const silent = rateGate(silentLines);

  function admits({ client, message }: Request6, now: number): boolean {
    if (!exchanges.admit(`${client.key} ${message.transaction}`, now)) return false;
    const { plan, isKnown } = world();
    if (plan.reservations.has(client.mac) || isKnown(client.mac) || leases.holds(client.key)) return true;
    return strangers.admit(client.key, now) && allStrangers.admit('', now);
  }

  function received(arrival: Arrival6): void {
    const request = readRequest(arrival);
    if (request === undefined) return onPacket('malformed');
    if (!duty.onDuty()) return onPacket('standby');
    if (!admits(request, clock.now())) return onPacket('rate-limited');
    answer(request, arrival).catch((error: unknown) => {
      onPacket('not-saved');
      log.error({ error, mac: request.client.mac }, 'dhcp6: an exchange failed');
    });
  }

  async function answer(request: Request6, { host, port }: Arrival6): Promise<void> {
    const decision = decide6(request, world());
    const { client, relays } = request;
    const speaks = lines.admit(client.key, clock.now());
    const facts = {
      mac: client.mac === '' ? client.key : client.mac,
      transaction: request.message.transaction.toString(16),
      ...(client.boot === undefined
        ? {}
        : { program: client.boot.program, firmware: client.boot.architecture.firmware }),
      ...(relays[0] === undefined ? {} : { relay: host }),
    };
    onExchange(request, decision);
    if (decision.kind === 'silent') {
      const { why } = decision;
      if (speaks && silent.admit('', clock.now()))
        log.info({ ...facts, why }, `dhcp6: ${messageName6(client.type)} not answered`);
      return onPacket(why);
    }
    for (const change of decision.changes) leases.apply(change);
    const lasting = decision.changes.filter((change) => change.kind === 'free' || change.lease.state !== 'offered');
    if (lasting.length > 0) await store.write(lasting);
    if (!duty.onDuty()) return onPacket('standby');
    if (relays.length === 0) send(formatMessage6(decision.message), host, port);
    else send(formatRelayed6(decision.message, relays), host, relayPort);
    const { address, bootFile, known } = decision;
    const told = { address: address === undefined ? undefined : formatIpv6(address), bootFile, known };
    if (speaks)
      log.info({ ...facts, ...told }, `dhcp6: ${messageName6(client.type)} answered ${decision.type.toUpperCase()}`);
    onPacket(decision.type);
  }

  return {
    received,
    async restore(): Promise<number> {
      for (const lease of await store.load()) leases.apply({ kind: 'hold', lease });
      leases.expire(clock.now());
      return leases.size;
    },
    expire: () => leases.expire(clock.now()),
  };
}

function readRequest({ bytes, host }: Arrival6): Request6 | undefined {
  try {
    const read = parseMessage6(bytes);
    return { ...read, client: readClient6(read, readIpv6(host.split('%')[0] ?? '')) };
  } catch (error) {
    if (error instanceof DhcpFormatError) return undefined;
    throw error;
  }
}
