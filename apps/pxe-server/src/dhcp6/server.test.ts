import { expect, test } from '@jest/globals';
import {
  concat,
  formatMessage6,
  formatRelayed6,
  identityAssociation,
  messageType6,
  option6,
  parseMessage6,
  readIdentityAssociation,
  readIpv6,
  u16,
  type Ipv6,
  type Option6,
} from '@metal3/dhcp';
import { readConfig } from '@metal3/service';
import { fakeClock, seededRandom, silentLog } from '@metal3/testing';
import { pxeServerConfig } from '../config.ts';
import type { LeaseStore } from '../dhcp/ports.ts';
import { leaseTable6 } from './lease-table.ts';
import { readPlan6 } from './plan.ts';
import { dhcp6Server, type Dhcp6Outcome } from './server.ts';

/** A server on nothing but memory; everything it sends is kept. */
function server(more: { readonly onDuty?: boolean; readonly store?: LeaseStore<Ipv6> } = {}) {
  const env = {
    IRONIC_API_ADDRESS: 'x:1',
    DHCP6_MODE: 'server',
    DHCP6_INTERFACE: 'eth0',
    DHCP6_ADDRESS: '2001:db8::1',
    DHCP6_UNKNOWN: 'discover',
    DHCP6_UNKNOWN_LIMIT: '50',
    DHCP6_SUBNETS: '[{"network":"2001:db8::/64","range":"2001:db8::1000-2001:db8::1fff"}]',
  };
  const request = readConfig(pxeServerConfig, { env, argv: [] });
  if (request.kind !== 'run') throw new Error('no configuration');
  const clock = fakeClock();
  const plan = readPlan6(request.config.dhcp6);
  const leases = leaseTable6();
  const sent: { bytes: Uint8Array; host: string; port: number }[] = [];
  const outcomes = new Map<Dhcp6Outcome, number>();
  const { received } = dhcp6Server({
    world: () => ({
      now: clock.now(),
      plan,
      leases,
      unknown: 'discover',
      isKnown: (mac) => mac.startsWith('52:54:00'),
      loaders: new Map(),
      httpUrl: '',
    }),
    leases,
    store: more.store ?? {
      load: () => Promise.resolve([]),
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    send: (bytes, host, port) => void sent.push({ bytes, host, port }),
    duty: { onDuty: () => more.onDuty ?? true, onTakeover: () => {} },
    clock,
    log: silentLog,
    onPacket: (outcome) => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
  });
  const receive = (bytes: Uint8Array, host = 'fe80::1%eth0', port = 546) => received({ bytes, host, port });
  /** Lets what was begun come to its end. */
  const settle = () => clock.advance(0);
  return { clock, duid: plan.duid, leases, sent, outcomes, receive, settle };
}

let transaction = 0;
function message(mac: string, type: number, ...options: readonly Option6[]) {
  const clientId = concat([u16(3), u16(1), Buffer.from(mac.replaceAll(':', ''), 'hex')]);
  return {
    type,
    transaction: ++transaction & 0xffffff,
    options: [{ code: option6.clientId, data: clientId }, ...options],
  };
}
const association = (...addresses: readonly Ipv6[]): Option6 =>
  identityAssociation({ id: 1, addresses: addresses.map((address) => ({ address, preferred: 0, valid: 0 })) });
const solicit = (mac: string) => formatMessage6(message(mac, messageType6.solicit, association()));

/** The address that an answer gives. */
function addressIn(bytes: Uint8Array | undefined): Ipv6 {
  const given = bytes && parseMessage6(bytes).message.options.find(({ code }) => code === option6.iaNa);
  return (given && readIdentityAssociation(given.data).addresses[0]?.address) ?? 0n;
}

const random = seededRandom(6);
const strangeMac = () => `02${Array.from({ length: 5 }, () => `:${Math.floor(random.fraction() * 256).toString(16).padStart(2, '0')}`).join('')}`; // prettier-ignore
const known = '52:54:00:00:00:01';

test('while strangers flood the network, every known machine gets its address at once', async () => {
  const { receive, sent, settle, leases, clock, outcomes, duid } = server();
  for (let second = 0; second < 4; second++) {
    for (let index = 0; index < 1_000; index++) receive(solicit(strangeMac()));
    await settle();
    const mac = `52:54:00:00:00:${(second + 16).toString(16)}`;
    const before = sent.length;
    receive(solicit(mac));
    await settle();
    const address = addressIn(sent[before]?.bytes);
    const serverId = { code: option6.serverId, data: duid };
    receive(formatMessage6(message(mac, messageType6.request, serverId, association(address))));
    await settle();
    expect(leases.byAddress(address)).toMatchObject({ mac, state: 'bound' });
    await clock.advance(1_000);
  }
  expect(leases.unknownHeld('2001:db8::/64')).toBeLessThanOrEqual(50);
  expect(outcomes.get('rate-limited')).toBeGreaterThan(2_000);
});

test('an exchange that is repeated without end is answered a few times', async () => {
  const { receive, sent, settle, outcomes } = server();
  const same = solicit(known);
  for (let index = 0; index < 1_000; index++) receive(same);
  await settle();
  expect(sent.length).toBeGreaterThan(0);
  expect(sent.length).toBeLessThanOrEqual(8);
  expect(outcomes.get('rate-limited')).toBe(1_000 - sent.length);
});

test('noise and cut messages get no answer and do no harm', async () => {
  const { receive, sent, settle, outcomes } = server();
  const whole = solicit(known);
  for (let length = 0; length < whole.length - 1; length++) receive(whole.subarray(0, length));
  await settle();
  const answered = sent.length;
  for (let index = 0; index < 500; index++)
    receive(Uint8Array.from({ length: index % 300 }, () => Math.floor(random.fraction() * 256)));
  await settle();
  expect(sent).toHaveLength(answered);
  expect(outcomes.get('malformed')).toBeGreaterThan(400);
  receive(solicit('52:54:00:00:00:02'));
  await settle();
  expect(addressIn(sent.at(-1)?.bytes)).not.toBe(0n);
});

test('a standby says nothing and changes nothing', async () => {
  const { receive, sent, settle, leases, outcomes } = server({ onDuty: false });
  receive(solicit(known));
  await settle();
  expect([sent.length, leases.size, outcomes.get('standby')]).toEqual([0, 0, 1]);
});

test('a lease that cannot be written is not given', async () => {
  const store = { load: () => Promise.resolve([]), write: () => Promise.reject(new Error('disk full')), close: () => Promise.resolve() }; // prettier-ignore
  const { receive, sent, settle, outcomes, duid } = server({ store });
  receive(solicit(known));
  await settle();
  const serverId = { code: option6.serverId, data: duid };
  receive(formatMessage6(message(known, messageType6.request, serverId, association(addressIn(sent[0]?.bytes)))));
  await settle();
  expect(sent).toHaveLength(1);
  expect(outcomes.get('not-saved')).toBe(1);
});

test('who asked through a relay is answered through it, at the port of relays', async () => {
  const { receive, sent, settle } = server();
  const relay = { hops: 0, link: readIpv6('2001:db8::fe') ?? 0n, peer: 7n, options: [] };
  receive(formatRelayed6(message(known, messageType6.solicit, association()), [relay]), '2001:db8::fe', 12_345);
  await settle();
  expect(sent).toMatchObject([{ host: '2001:db8::fe', port: 547 }]);
  expect(parseMessage6(sent[0]?.bytes ?? Buffer.of())).toMatchObject({
    message: { type: messageType6.advertise },
    relays: [relay],
  });
});
