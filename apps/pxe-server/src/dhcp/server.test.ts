import { expect, test } from '@jest/globals';
import { formatPacket, messageType, option, parsePacket, readIpv4, u32, u8, type DhcpPacket } from '@metal3/dhcp';
import { readConfig } from '@metal3/service';
import { fakeClock, seededRandom, silentLog } from '@metal3/testing';
import { pxeServerConfig } from '../config.ts';
import { leaseTable } from './lease-table.ts';
import { readPlan } from './plan.ts';
import type { Arrival, LeaseStore } from './ports.ts';
import { dhcpServer, type DhcpOutcome } from './server.ts';

const link = readIpv4('192.0.2.1') ?? 0;

/** A server on nothing but memory; everything it sends is kept. */
function server(
  more: { readonly probe?: (address: number) => boolean; readonly onDuty?: boolean; readonly store?: LeaseStore } = {},
) {
  const env = {
    IRONIC_API_ADDRESS: 'x:1',
    DHCP_MODE: 'server',
    DHCP_LISTEN: '192.0.2.1',
    DHCP_UNKNOWN: 'discover',
    DHCP_SUBNETS: '[{"network":"192.0.2.0/24","ranges":["192.0.2.100-192.0.2.199"]}]',
  };
  const request = readConfig(pxeServerConfig, { env, argv: [] });
  if (request.kind !== 'run') throw new Error('no configuration');
  const { dhcp } = request.config;
  const clock = fakeClock();
  const plan = readPlan(dhcp);
  const leases = leaseTable(plan.subnets, plan.reservedAddresses);
  const sent: { packet: DhcpPacket; host: string; port: number }[] = [];
  const outcomes = new Map<DhcpOutcome, number>();
  const { probe } = more;
  let takeOver = () => {};
  const one = dhcpServer({
    world: () => ({
      mode: 'server',
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
    sockets: {
      open: () => Promise.resolve(),
      send: (bytes, { host, port }) => void sent.push({ packet: parsePacket(bytes), host, port }),
      close() {},
    },
    probe: probe === undefined ? undefined : { inUse: (address) => Promise.resolve(probe(address)), close() {} },
    duty: { onDuty: () => more.onDuty ?? true, onTakeover: (task) => void (takeOver = task) },
    ports: dhcp.ports,
    clock,
    log: silentLog,
    onPacket: (outcome) => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
  });
  const receive = (bytes: Uint8Array, from: Partial<Arrival> = {}) =>
    one.received({ bytes, fromHost: '0.0.0.0', fromPort: 68, link, ...from });
  /** Lets what was begun come to its end. */
  const settle = () => clock.advance(0);
  return { ...one, clock, leases, sent, outcomes, receive, settle, takeOver: () => takeOver() };
}

let xid = 0;
function packet(
  mac: string,
  type: number,
  options: readonly (readonly [number, Uint8Array])[] = [],
  header: Partial<DhcpPacket> = {},
) {
  return formatPacket({
    op: 1, htype: 1, hops: 0, xid: ++xid, secs: 0, flags: 0, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, sname: '', file: '',
    chaddr: Buffer.from(mac.replaceAll(':', ''), 'hex'),
    options: new Map([[option.messageType, u8(type)], ...options]),
    ...header,
  }).bytes; // prettier-ignore
}

const random = seededRandom(4);
const strangeMac = () => `02${Array.from({ length: 5 }, () => `:${Math.floor(random.fraction() * 256).toString(16).padStart(2, '0')}`).join('')}`; // prettier-ignore

test('while strangers flood the network, every known machine gets its address at once', async () => {
  const { receive, sent, settle, leases, clock, outcomes } = server();
  for (let second = 0; second < 10; second++) {
    for (let index = 0; index < 1_000; index++) receive(packet(strangeMac(), messageType.discover));
    const mac = `52:54:00:00:00:${(second + 16).toString(16)}`;
    const before = sent.length;
    receive(packet(mac, messageType.discover));
    await settle();
    const offer = sent
      .slice(before)
      .find((one) => Buffer.from(one.packet.chaddr).toString('hex') === mac.replaceAll(':', ''));
    const address = offer?.packet.yiaddr ?? 0;
    receive(packet(mac, messageType.request, [[option.requestedAddress, u32(address)], [option.serverIdentifier, u32(link)]])); // prettier-ignore
    await settle();
    expect(leases.byAddress(address)).toMatchObject({ mac, state: 'bound' });
    await clock.advance(1_000);
  }
  expect(leases.unknownHeld('192.0.2.0/24')).toBe(50);
  expect(outcomes.get('rate-limited')).toBeGreaterThan(5_000);
});

test('whoever forges the address of a machine neither silences it nor takes its address', async () => {
  const { receive, sent, settle, leases } = server();
  const mac = '52:54:00:00:00:01';
  receive(packet(mac, messageType.discover));
  await settle();
  const address = sent[0]?.packet.yiaddr ?? 0;
  receive(packet(mac, messageType.request, [[option.requestedAddress, u32(address)]]));
  await settle();
  for (let index = 0; index < 500; index++) {
    receive(packet(mac, messageType.discover, [[option.requestedAddress, u32(readIpv4('192.0.2.150') ?? 0)]]));
    receive(packet(mac, messageType.request, [[option.requestedAddress, u32(readIpv4('192.0.2.150') ?? 0)]]));
  }
  await settle();
  const before = sent.length;
  receive(packet(mac, messageType.request, [], { ciaddr: address }));
  await settle();
  expect(sent[before]?.packet).toMatchObject({ yiaddr: address });
  expect(leases.byAddress(address)).toMatchObject({ mac, state: 'bound' });
  expect(leases.size).toBe(1);
});

test('an exchange that is repeated without end is answered a few times', async () => {
  const { receive, sent, settle, outcomes } = server();
  const same = packet('52:54:00:00:00:01', messageType.discover);
  for (let index = 0; index < 1_000; index++) receive(same);
  await settle();
  expect(sent.length).toBeLessThanOrEqual(8);
  expect(outcomes.get('rate-limited')).toBe(1_000 - sent.length);
});

test('noise, replies of other servers and cut packets get no answer and do no harm', async () => {
  const { receive, sent, settle, outcomes } = server();
  const whole = packet('52:54:00:00:00:01', messageType.discover);
  for (let size = 0; size < 240; size++) receive(whole.subarray(0, size));
  for (let index = 0; index < 500; index++)
    receive(Uint8Array.from({ length: 300 }, () => Math.floor(random.fraction() * 256)));
  receive(packet('52:54:00:00:00:01', messageType.offer, [], { op: 2 }));
  await settle();
  expect(sent).toEqual([]);
  expect([outcomes.get('malformed'), outcomes.get('reply')]).toEqual([740, 1]);
});

test('an address that answers is not offered, the next one is', async () => {
  const asked: number[] = [];
  const { receive, sent, settle, leases } = server({ probe: (address) => asked.push(address) === 1 });
  receive(packet('52:54:00:00:00:01', messageType.discover));
  await settle();
  expect(asked).toHaveLength(2);
  expect(sent.map((one) => one.packet.yiaddr)).toEqual([asked[1]]);
  expect(leases.byAddress(asked[0] ?? 0)).toMatchObject({ state: 'declined', key: '' });
});

test('a standby says nothing and changes nothing', async () => {
  const { receive, sent, settle, leases, outcomes } = server({ onDuty: false });
  receive(packet('52:54:00:00:00:01', messageType.discover));
  await settle();
  expect([sent.length, leases.size, outcomes.get('standby')]).toEqual([0, 0, 1]);
});

test('who takes over forgets who had what, and looks for each address in use before it is offered', async () => {
  const asked: number[] = [];
  const { receive, sent, settle, takeOver } = server({ probe: (address) => asked.push(address) > 5 });
  receive(packet('52:54:00:00:00:01', messageType.discover));
  await settle();
  const [first] = sent.splice(0);
  receive(packet('52:54:00:00:00:01', messageType.discover));
  await settle();
  expect(asked).toHaveLength(1);
  takeOver();
  receive(packet('52:54:00:00:00:01', messageType.discover));
  await settle();
  expect(asked).toHaveLength(2);
  expect(sent.at(-1)?.packet.yiaddr).toBe(first?.packet.yiaddr);
});

test('a lease that cannot be written is not given', async () => {
  const store = { load: () => Promise.resolve([]), write: () => Promise.reject(new Error('disk full')), close: () => Promise.resolve() }; // prettier-ignore
  const { receive, sent, settle, outcomes } = server({ store });
  receive(
    packet('52:54:00:00:00:01', messageType.request, [[option.requestedAddress, u32(readIpv4('192.0.2.110') ?? 0)]]),
  );
  await settle();
  expect([sent.length, outcomes.get('not-saved')]).toEqual([0, 1]);
});

test.each<[string, Partial<DhcpPacket>, Partial<Arrival>, string, number]>([
  ['a client without an address is answered by broadcast', {}, {}, '255.255.255.255', 68],
  ['the client of a relay is answered through the relay', { giaddr: readIpv4('192.0.2.7') ?? 0 }, {}, '192.0.2.7', 67],
  ['a client that has an address is answered there', { ciaddr: readIpv4('192.0.2.110') ?? 0 }, { fromHost: '192.0.2.110' }, '192.0.2.110', 68],
])('%s', async (_what, header, from, host, port) => {
  const { receive, sent, settle } = server();
  const type = header.ciaddr === undefined ? messageType.discover : messageType.request;
  receive(packet('52:54:00:00:00:01', type, [], header), from);
  await settle();
  expect(sent.map((one) => ({ host: one.host, port: one.port }))).toEqual([{ host, port }]);
}); // prettier-ignore

test('an address is free again when its lease is over', async () => {
  const { receive, settle, leases, clock, expire } = server();
  receive(
    packet('52:54:00:00:00:01', messageType.request, [[option.requestedAddress, u32(readIpv4('192.0.2.110') ?? 0)]]),
  );
  await settle();
  await clock.advance(3_599_000);
  expect([expire(), leases.size]).toEqual([0, 1]);
  await clock.advance(1_000);
  expect([expire(), leases.size]).toEqual([1, 0]);
});
