import { createHash } from 'node:crypto';
import {
  concat,
  containsIpv6,
  formatIpv6,
  identityAssociation,
  ipv6Bytes,
  latin1Bytes,
  messageType6,
  option6,
  statusOption,
  status6,
  u16,
  u32,
  type DhcpClient6,
  type IdentityAssociation,
  type Ipv6,
  type Message6,
  type Option6,
  type Relay6,
} from '@metal3/dhcp';
import { decideBoot, type BootAnswer } from '../dhcp/boot-answer.ts';
import { declineMs, offerMs } from '../dhcp/decide.ts';
import type { LeaseChange } from '../dhcp/lease.ts';
import type { Loaders } from '../ipxe/loaders.ts';
import type { Lease6, LeaseView6 } from './lease-table.ts';
import { isDynamic6, subnetOf6, type Dhcp6Plan, type Subnet6 } from './plan.ts';

export interface Request6 {
  readonly message: Message6;
  readonly relays: readonly Relay6[];
  readonly client: DhcpClient6;
}

export interface Dhcp6World {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly plan: Dhcp6Plan;
  readonly leases: LeaseView6;
  readonly unknown: 'ignore' | 'discover';
  readonly isKnown: (mac: string) => boolean;
  readonly loaders: Loaders;
  readonly httpUrl: string;
}

export type Silence6 = 'no-subnet' | 'unknown-machine' | 'unknown-limit' | 'other-server' | 'not-ours';

export type Decision6 =
  | { readonly kind: 'silent'; readonly why: Silence6 }
  | {
      readonly kind: 'reply';
      readonly type: 'advertise' | 'reply';
      readonly message: Message6;
      readonly known: boolean;
      readonly address: Ipv6 | undefined;
      readonly bootFile: string | undefined;
      readonly changes: readonly LeaseChange<Ipv6>[];
    };

interface Place {
  readonly request: Request6;
  readonly world: Dhcp6World;
  readonly subnet: Subnet6;
  readonly lease: Lease6 | undefined;
  readonly reserved: Ipv6 | undefined;
  readonly known: boolean;
}

/** What to do about a message (RFC 8415 section 18.3). */
export function decide6(request: Request6, world: Dhcp6World): Decision6 {
  const { client } = request;
  const { plan } = world;
  const subnet = subnetFor(request, plan.subnets);
  if (subnet === undefined) return { kind: 'silent', why: 'no-subnet' };
  const lease = world.leases.byKey(subnet.name, client.key);
  const reserved = plan.reservations.get(client.mac);
  const place: Place = {
    request,
    world,
    subnet,
    lease: lease !== undefined && lease.until > world.now ? lease : undefined,
    reserved: reserved !== undefined && containsIpv6(subnet.network, reserved) ? reserved : undefined,
    known: reserved !== undefined || world.isKnown(client.mac),
  };
  if (!place.known && place.lease?.state !== 'bound' && world.unknown === 'ignore')
    return { kind: 'silent', why: 'unknown-machine' };
  if (!isForUs(client, plan)) return { kind: 'silent', why: 'other-server' };
  switch (client.type) {
    case messageType6.solicit:
      return client.rapidCommit
        ? assign(place, 'reply', [{ code: option6.rapidCommit, data: new Uint8Array() }])
        : assign(place, 'advertise');
    case messageType6.request:
    case messageType6.renew:
    case messageType6.rebind:
      return assign(place, 'reply');
    case messageType6.confirm:
      return confirm(place);
    case messageType6.release:
    case messageType6.decline:
      return giveBack(place);
    case messageType6.informationRequest:
      return answer(place, 'reply', [], undefined, []);
    default:
      return { kind: 'silent', why: 'not-ours' };
  }
}

/** The address that the relay nearest to the client names; without relays the first subnet, which is the interface's own. */
function subnetFor({ relays }: Request6, subnets: readonly Subnet6[]): Subnet6 | undefined {
  if (relays.length === 0) return subnets[0];
  const link = relays.toReversed().find((relay) => relay.link !== 0n)?.link;
  return link === undefined ? undefined : subnetOf6(subnets, link);
}

/** RFC 8415 section 16: which messages must, and which must not, name the server. */
function isForUs({ type, server }: DhcpClient6, { duid }: Dhcp6Plan): boolean {
  const named = server !== undefined && Buffer.from(server).equals(duid);
  switch (type) {
    case messageType6.request:
    case messageType6.renew:
    case messageType6.release:
    case messageType6.decline:
      return named;
    case messageType6.informationRequest:
      return server === undefined || named;
    default:
      return server === undefined;
  }
}

/** The first association gets the machine's address; a machine has one on a subnet. */
function assign(place: Place, type: 'advertise' | 'reply', more: readonly Option6[] = []): Decision6 {
  const { request, subnet, world } = place;
  const [first, ...others] = request.client.associations;
  if (first === undefined) return answer(place, type, more, undefined, []);
  const address = chooseAddress(place, first);
  const none = statusOption(status6.noAddressesAvailable, 'a machine gets one address here');
  const refused = others.map(({ id }) => identityAssociation({ id, addresses: [] }, none));
  if (address === undefined) {
    const status = statusOption(status6.noAddressesAvailable, 'no address is free for this machine');
    return answer(
      place,
      type,
      [identityAssociation({ id: first.id, addresses: [] }, status), ...refused],
      undefined,
      [],
    );
  }
  const { leaseTime } = subnet;
  // Addresses that the client has and should not: their time is over (RFC 8415 section 18.3.4).
  const wrong = type === 'advertise' ? [] : first.addresses.filter((one) => one.address !== address);
  const given = identityAssociation({
    id: first.id,
    addresses: [
      { address, preferred: leaseTime, valid: leaseTime },
      ...wrong.map((one) => ({ address: one.address, preferred: 0, valid: 0 })),
    ],
  });
  const bound = type === 'reply';
  const keeps = !bound && place.lease?.state === 'bound' && place.lease.address === address;
  const until = world.now + (bound ? leaseTime * 1000 : offerMs);
  const changes = keeps ? [] : [hold(place, address, bound ? 'bound' : 'offered', until)];
  return answer(place, type, [given, ...refused, ...more], address, changes);
}

function hold(
  { request, subnet, known }: Place,
  address: Ipv6,
  state: 'bound' | 'offered',
  until: number,
): LeaseChange<Ipv6> {
  const { key, mac } = request.client;
  return { kind: 'hold', lease: { address, subnet: subnet.name, key, mac, state, until, known } };
}

const tries = 16;

/** As for IPv4: reserved, held, asked for, or what follows from the machine's key, so that replicas agree without asking each other. */
function chooseAddress(place: Place, { addresses }: IdentityAssociation): Ipv6 | undefined {
  const { reserved, lease, subnet, world, known, request } = place;
  if (reserved !== undefined) return reserved;
  if (lease !== undefined) return lease.address;
  if (!known && world.leases.unknownHeld(subnet.name) >= subnet.unknownLimit) return undefined;
  const isFree = (address: Ipv6) => {
    const holder = world.leases.byAddress(address);
    return (
      isDynamic6(world.plan, address) &&
      containsIpv6(subnet.network, address) &&
      (holder === undefined || holder.until <= world.now)
    );
  };
  const asked = addresses.find(({ address }) => isFree(address));
  if (asked !== undefined) return asked.address;
  if (subnet.range === undefined) return undefined;
  const { first, last } = subnet.range;
  for (let attempt = 0; attempt < tries; attempt++) {
    const digest = createHash('sha256').update(`${request.client.key} ${attempt}`).digest();
    const address = first + (digest.readBigUInt64BE(0) % (last - first + 1n));
    if (isFree(address)) return address;
  }
  return undefined;
}

/** Are the addresses right for the link? (RFC 8415 section 18.3.3) */
function confirm(place: Place): Decision6 {
  const addresses = place.request.client.associations.flatMap((one) => one.addresses);
  if (addresses.length === 0) return { kind: 'silent', why: 'not-ours' };
  const onLink = addresses.every(({ address }) => containsIpv6(place.subnet.network, address));
  const status = onLink
    ? statusOption(status6.success, 'on link')
    : statusOption(status6.notOnLink, `not of ${place.subnet.name}`);
  return answer(place, 'reply', [status], undefined, []);
}

/** RELEASE and DECLINE: believed only of the address that the machine holds. */
function giveBack(place: Place): Decision6 {
  const { request, lease, world } = place;
  const named = request.client.associations.flatMap((one) => one.addresses);
  const own = lease !== undefined && named.some(({ address }) => address === lease.address);
  if (!own) return answer(place, 'reply', [statusOption(status6.noBinding, 'nothing is held')], undefined, []);
  const { address, subnet, known } = lease;
  const rests = { address, subnet, key: '', mac: '', state: 'declined', until: world.now + declineMs, known } as const;
  const change: LeaseChange<Ipv6> =
    request.client.type === messageType6.release ? { kind: 'free', address } : { kind: 'hold', lease: rests };
  return answer(place, 'reply', [statusOption(status6.success, 'done')], undefined, [change]);
}

function answer(
  place: Place,
  type: 'advertise' | 'reply',
  options: readonly Option6[],
  address: Ipv6 | undefined,
  changes: readonly LeaseChange<Ipv6>[],
): Decision6 {
  const { request, world, subnet, known } = place;
  const { client, message } = request;
  const { plan, loaders, httpUrl } = world;
  const boot = decideBoot(client.boot, { loaders, httpUrl, tftpServer: 0 });
  const bootFile =
    boot === undefined
      ? undefined
      : boot.tftpServer === undefined
        ? boot.file
        : `tftp://[${formatIpv6(plan.address)}]/${boot.file}`;
  const wants = (code: number) => client.wants.has(code);
  const dns = subnet.dnsServers.length > 0 && wants(option6.dnsServers);
  return {
    kind: 'reply',
    type,
    message: {
      type: messageType6[type],
      transaction: message.transaction,
      options: [
        ...(client.duid === undefined ? [] : [{ code: option6.clientId, data: client.duid }]),
        { code: option6.serverId, data: plan.duid },
        ...options,
        ...(dns ? [{ code: option6.dnsServers, data: concat(subnet.dnsServers.map(ipv6Bytes)) }] : []),
        ...(bootFile === undefined ? [] : [{ code: option6.bootFileUrl, data: latin1Bytes(bootFile) }]),
        ...vendorClass(boot),
      ],
    },
    known,
    address,
    bootFile,
    changes,
  };
}

/** Firmware that boots over HTTP takes only an answer with this class, from PXE's enterprise number 343 (UEFI 2.10 section 24.7.3). */
function vendorClass(boot: BootAnswer | undefined): Option6[] {
  if (boot?.vendorClass === undefined) return [];
  const name = latin1Bytes(boot.vendorClass);
  return [{ code: option6.vendorClass, data: concat([u32(343), u16(name.length), name]) }];
}
