import { contains, formatIpv4, messageType, type DhcpPacket, type Ipv4 } from '@metal3/dhcp';
import type { Loaders } from '../ipxe/loaders.ts';
import { chooseAddress } from './address-choice.ts';
import { decideBoot, type BootAnswer } from './boot-answer.ts';
import type { Lease, LeaseChange, LeaseView } from './lease.ts';
import { subnetOf, type DhcpPlan } from './plan.ts';
import { addressReply, proxyReply, refusal, type Asked } from './reply.ts';
import type { Reservation, Subnet } from './subnet.ts';

/** A request and where it came in. */
export interface Request extends Asked {
  /** Address of this machine on the network on which the request came in: what the server answers as. */
  readonly link: Ipv4;
}

/** Everything a decision depends on besides the request. */
export interface DhcpWorld {
  readonly mode: 'server' | 'proxy';
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly plan: DhcpPlan;
  readonly leases: LeaseView;
  readonly unknown: 'ignore' | 'discover';
  /** True for machines that the stack boots. */
  readonly isKnown: (mac: string) => boolean;
  readonly loaders: Loaders;
  readonly httpUrl: string;
}

/** Why a request gets no answer; a label of metrics. */
export type Silence =
  | 'no-subnet'
  | 'unknown-machine'
  | 'no-free-address'
  | 'unknown-limit'
  | 'other-server'
  | 'not-ours'
  | 'nothing-to-boot';

export type Decision =
  | { readonly kind: 'silent'; readonly why: Silence; readonly change?: LeaseChange }
  | { readonly kind: 'note'; readonly what: 'released' | 'declined'; readonly change: LeaseChange }
  | {
      readonly kind: 'reply';
      readonly type: 'offer' | 'ack' | 'nak';
      readonly packet: DhcpPacket;
      readonly known: boolean;
      readonly boot: BootAnswer | undefined;
      readonly change?: LeaseChange;
      /** The address has not been this machine's before: look whether somebody else uses it. */
      readonly fresh?: boolean;
    };

/** How long an offered address is kept for the machine. */
export const offerMs = 60_000;
/** How long an address rests that somebody else was found to use. */
export const declineMs = 600_000;

/** What to do about a request. */
export function decide(request: Request, world: DhcpWorld): Decision {
  if (world.mode === 'proxy') return decideProxy(request, world);
  const subnet = subnetFor(request, world.plan.subnets);
  if (subnet === undefined) return { kind: 'silent', why: 'no-subnet' };
  const here = placeOf(request, world, subnet);
  switch (request.client.type) {
    case messageType.discover:
      return decideDiscover(here);
    case messageType.request:
      return decideRequest(here);
    case messageType.decline:
      return decideDecline(here);
    case messageType.release:
      return decideRelease(here);
    case messageType.inform:
      return decideInform(here);
    default:
      return { kind: 'silent', why: 'not-ours' };
  }
}

/** A request on its subnet, with what is known of the machine there. */
interface Place {
  readonly request: Request;
  readonly world: DhcpWorld;
  readonly subnet: Subnet;
  /** The machine's lease, unless it is over. */
  readonly lease: Lease | undefined;
  readonly reservation: Reservation | undefined;
  readonly known: boolean;
}

function placeOf(request: Request, world: DhcpWorld, subnet: Subnet): Place {
  const { client } = request;
  const { plan, leases, now, isKnown } = world;
  const lease = leases.byKey(subnet.name, client.key);
  const reserved = plan.reservations.get(client.mac);
  const reservation = reserved !== undefined && contains(subnet.network, reserved.address) ? reserved : undefined;
  return {
    request,
    world,
    subnet,
    lease: lease !== undefined && lease.until > now ? lease : undefined,
    reservation,
    known: reserved !== undefined || isKnown(client.mac),
  };
}

/** RFC 3527 before RFC 2131: a relay may say that its own address is not of the client's subnet. */
function subnetFor({ packet, client, link }: Request, subnets: readonly Subnet[]): Subnet | undefined {
  if (packet.giaddr !== 0) return subnetOf(subnets, client.relay?.linkSelection ?? packet.giaddr);
  // Unicast from an address that we gave, perhaps from behind a router.
  if (packet.ciaddr !== 0) return subnetOf(subnets, packet.ciaddr);
  return subnetOf(subnets, link);
}

/** A machine that holds a lease is served to its end, even when the stack has done with it. */
const isServed = ({ known, lease, world }: Place): boolean =>
  known || lease?.state === 'bound' || world.unknown === 'discover';

function bootFor({ request, world, subnet }: Place): BootAnswer | undefined {
  const tftpServer = subnet.tftpServer ?? request.link;
  return decideBoot(request.client.boot, { loaders: world.loaders, httpUrl: world.httpUrl, tftpServer });
}

function decideDiscover(place: Place): Decision {
  if (!isServed(place)) return { kind: 'silent', why: 'unknown-machine' };
  const choice = chooseAddress({ ...place, client: place.request.client, leases: place.world.leases });
  if (choice.kind === 'none') return { kind: 'silent', why: choice.why };
  const { address, fresh } = choice;
  const { world, lease } = place;
  // A machine that asks again while it holds the address keeps it: the offer must not shorten the lease.
  const keeps = lease?.state === 'bound' && lease.address === address;
  return {
    kind: 'reply',
    type: 'offer',
    packet: reply(place, messageType.offer, address),
    known: place.known,
    boot: bootFor(place),
    fresh,
    ...(keeps ? {} : { change: hold(place, address, 'offered', world.now + offerMs) }),
  };
}

function decideRequest(place: Place): Decision {
  const { request, world, subnet, lease, reservation } = place;
  const { client, packet, link } = request;
  if (client.server !== undefined && client.server !== link) {
    // It chose another server's offer (RFC 2131 section 4.3.2); ours need not be kept.
    const change = lease?.state === 'offered' ? { change: { kind: 'free', address: lease.address } as const } : {};
    return { kind: 'silent', why: 'other-server', ...change };
  }
  const address = client.requested ?? (packet.ciaddr === 0 ? undefined : packet.ciaddr);
  if (address === undefined) return { kind: 'silent', why: 'not-ours' };
  if (!isServed(place) && lease === undefined) return { kind: 'silent', why: 'unknown-machine' };
  if (!contains(subnet.network, address)) return nak(place, `${formatIpv4(address)} is not of this network`);
  if (reservation !== undefined && reservation.address !== address)
    return nak(place, `${formatIpv4(reservation.address)} is reserved for this machine`);
  if (lease?.address !== address && reservation?.address !== address) {
    // No record of it: after a restart without the lease file, or on another replica. Who asks for a free address may have it.
    const wish = { ...client, requested: address };
    const choice = chooseAddress({ ...place, client: wish, leases: world.leases });
    if (choice.kind === 'none' || choice.address !== address) return nak(place, `${formatIpv4(address)} is not free`);
  }
  const holder = world.leases.byAddress(address);
  if (holder !== undefined && holder.key !== client.key && holder.until > world.now)
    return nak(place, `${formatIpv4(address)} is in use`);
  return {
    kind: 'reply',
    type: 'ack',
    packet: reply(place, messageType.ack, address),
    known: place.known,
    boot: bootFor(place),
    change: hold(place, address, 'bound', world.now + subnet.leaseMs),
  };
}

function nak(place: Place, why: string): Decision {
  const { request } = place;
  return {
    kind: 'reply',
    type: 'nak',
    packet: refusal(request, request.link, why),
    known: place.known,
    boot: undefined,
  };
}

/** The machine found somebody else at its address. Believed only of an address that it holds, so that nobody can empty the ranges. */
function decideDecline(place: Place): Decision {
  const { request, world, lease, subnet } = place;
  const { requested } = request.client;
  if (requested === undefined || lease?.address !== requested) return { kind: 'silent', why: 'not-ours' };
  // At most an eighth of what unknown machines may hold rests at once; beyond, the address is free again.
  const mayRest = world.leases.declinedHeld(subnet.name) < Math.max(4, subnet.unknownLimit / 8);
  return {
    kind: 'note',
    what: 'declined',
    change: mayRest ? rest(lease, world.now + declineMs) : { kind: 'free', address: requested },
  };
}

/** An address that somebody uses who never asked for it. */
export const rest = ({ address, subnet, known }: Lease, until: number): LeaseChange => ({
  kind: 'hold',
  lease: { address, subnet, key: '', mac: '', state: 'declined', until, known },
});

function decideRelease({ request, lease }: Place): Decision {
  const { client, packet } = request;
  if (lease === undefined || lease.address !== packet.ciaddr) return { kind: 'silent', why: 'not-ours' };
  if (client.server !== undefined && client.server !== request.link) return { kind: 'silent', why: 'other-server' };
  return { kind: 'note', what: 'released', change: { kind: 'free', address: lease.address } };
}

/** It has an address from elsewhere and wants the rest. */
function decideInform(place: Place): Decision {
  if (!isServed(place)) return { kind: 'silent', why: 'unknown-machine' };
  if (place.request.packet.ciaddr === 0) return { kind: 'silent', why: 'not-ours' };
  const { request, subnet, reservation } = place;
  const boot = bootFor(place);
  const terms = { subnet, address: 0, leaseMs: undefined, hostName: reservation?.hostName, boot };
  const packet = addressReply(request, request.link, messageType.ack, terms);
  return { kind: 'reply', type: 'ack', packet, known: place.known, boot };
}

function reply(place: Place, type: number, address: Ipv4): DhcpPacket {
  const { request, subnet, reservation } = place;
  const terms = { subnet, address, leaseMs: subnet.leaseMs, hostName: reservation?.hostName, boot: bootFor(place) };
  return addressReply(request, request.link, type, terms);
}

function hold(
  { request, subnet, known }: Place,
  address: Ipv4,
  state: 'offered' | 'bound',
  until: number,
): LeaseChange {
  const { key, mac, hostName } = request.client;
  const lease = { address, subnet: subnet.name, key, mac, state, until, known };
  return { kind: 'hold', lease: hostName === undefined ? lease : { ...lease, hostName } };
}

/** Beside a server that gives the addresses: only who boots from the network is answered, and only with what it boots. */
function decideProxy(request: Request, world: DhcpWorld): Decision {
  const { client, link } = request;
  const type = proxyAnswer(request);
  if (type === undefined) return { kind: 'silent', why: 'not-ours' };
  const known = world.plan.reservations.has(client.mac) || world.isKnown(client.mac);
  if (!known && world.unknown === 'ignore') return { kind: 'silent', why: 'unknown-machine' };
  const subnet = request.packet.giaddr === 0 ? undefined : subnetFor(request, world.plan.subnets);
  const tftpServer = subnet?.tftpServer ?? link;
  const boot = decideBoot(client.boot, { loaders: world.loaders, httpUrl: world.httpUrl, tftpServer });
  if (boot === undefined) return { kind: 'silent', why: 'nothing-to-boot' };
  const packet = proxyReply(request, link, messageType[type], boot);
  return { kind: 'reply', type, packet: { ...packet, ciaddr: request.packet.ciaddr }, known, boot };
}

/** DISCOVER on port 67; REQUEST and INFORM are for us only when sent to us (port 4011), or when the client names us. */
function proxyAnswer({ client, link }: Request): 'offer' | 'ack' | undefined {
  if (client.boot === undefined) return undefined;
  if (client.type === messageType.discover) return 'offer';
  const asksUs = client.server === undefined || client.server === link;
  return (client.type === messageType.request || client.type === messageType.inform) && asksUs ? 'ack' : undefined;
}
