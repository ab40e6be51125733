import { expect, test } from '@jest/globals';
import {
  formatIpv4,
  messageType,
  option,
  parsePacket,
  formatPacket,
  readClient,
  readIpv4,
  u16,
  u32,
  u8,
  type DhcpPacket,
  latin1,
  latin1Bytes,
} from '@metal3/dhcp';
import fc from 'fast-check';
import { readConfig } from '@metal3/service';
import { pxeServerConfig } from '../config.ts';
import { readLoaders } from '../ipxe/loaders.ts';
import { decide, type Decision, type DhcpWorld } from './decide.ts';
import { leaseTable } from './lease-table.ts';
import { readPlan } from './plan.ts';

const ipv4 = (text: string) => readIpv4(text) ?? 0;
const link = ipv4('192.0.2.1');
const now = Date.UTC(2026, 0, 1);

function settings(more: object = {}) {
  const env = {
    IRONIC_API_ADDRESS: 'x:1',
    DHCP_MODE: 'server',
    DHCP_LISTEN: '192.0.2.1',
    DHCP_SUBNETS: JSON.stringify([
      {
        network: '192.0.2.0/24',
        ranges: ['192.0.2.100-192.0.2.119'],
        dnsServers: ['192.0.2.53'],
        domain: 'lab.example',
        mtu: 1400,
        routes: ['198.51.100.0/24=192.0.2.254'],
      },
      {
        network: '198.51.100.0/24',
        ranges: ['198.51.100.10-198.51.100.20'],
        routers: ['198.51.100.1'],
        tftpServer: '192.0.2.7',
      },
    ]),
    DHCP_RESERVATIONS: '52:54:00:00:00:09=192.0.2.9=nine',
  };
  const request = readConfig(pxeServerConfig, { env, argv: [] });
  if (request.kind !== 'run') throw new Error('no configuration');
  return { ...request.config.dhcp, ...more };
}

/** A world of one server, which remembers what was decided. */
function world(more: Partial<DhcpWorld> = {}, config = settings()) {
  const plan = readPlan(config);
  const leases = leaseTable(plan.subnets, plan.reservedAddresses);
  const around: DhcpWorld = {
    mode: 'server',
    now,
    plan,
    leases,
    unknown: 'ignore',
    isKnown: (mac) => mac.startsWith('52:54:00'),
    loaders: readLoaders(['bios=undionly.kpxe', 'efi-x86_64=snponly.efi', 'efi-arm64=snponly-arm64.efi']),
    httpUrl: 'http://192.0.2.1:6180',
    ...more,
  };
  return {
    leases,
    ask(packet: DhcpPacket, at: Partial<DhcpWorld> = {}): Decision {
      // Over the wire, as it would come.
      const read = parsePacket(formatPacket(packet, 1472).bytes);
      const decision = decide({ packet: read, client: readClient(read), link }, { ...around, ...at });
      if (decision.change !== undefined) leases.apply(decision.change);
      return decision;
    },
  };
}

interface Wish {
  readonly mac?: string;
  readonly type?: number;
  readonly options?: readonly (readonly [number, Uint8Array])[];
  readonly header?: Partial<DhcpPacket>;
}

function packet({
  mac = '52:54:00:00:00:01',
  type = messageType.discover,
  options = [],
  header = {},
}: Wish): DhcpPacket {
  return {
    op: 1, htype: 1, hops: 0, xid: 7, secs: 0, flags: 0, ciaddr: 0, yiaddr: 0, siaddr: 0, giaddr: 0, sname: '', file: '',
    chaddr: Buffer.from(mac.replaceAll(':', ''), 'hex'),
    options: new Map([[option.messageType, u8(type)], ...options]),
    ...header,
  }; // prettier-ignore
}

const replied = (decision: Decision) => {
  if (decision.kind !== 'reply') throw new Error(`no reply: ${JSON.stringify(decision)}`);
  return decision;
};
const addressOf = (decision: Decision) => formatIpv4(replied(decision).packet.yiaddr);
const pxe = (arch: number, vendorClass = 'PXEClient:Arch:00007:UNDI:003016') =>
  [
    [option.vendorClass, latin1Bytes(vendorClass)],
    [option.clientArchitecture, u16(arch)],
  ] as const;

test('a known machine is offered an address, and gets it when it asks for it', () => {
  const { ask, leases } = world();
  const offer = ask(packet({}));
  expect(offer).toMatchObject({ kind: 'reply', type: 'offer', fresh: true });
  const address = replied(offer).packet.yiaddr;
  const ack = ask(
    packet({ type: messageType.request, options: [[option.requestedAddress, u32(address)], [option.serverIdentifier, u32(link)]] }),
  ); // prettier-ignore
  expect(ack).toMatchObject({ kind: 'reply', type: 'ack' });
  expect(leases.byAddress(address)).toMatchObject({ state: 'bound', mac: '52:54:00:00:00:01', until: now + 3_600_000 });
});

test('PXE ROM, iPXE and operating system of one machine have different client identifiers and the same address', () => {
  const { ask, leases } = world();
  const ids = [
    [1, 2, 3],
    [0, 9, 9, 9],
    [255, 1, 1, 1, 1],
  ];
  const addresses = ids.map((id) =>
    addressOf(ask(packet({ options: [[option.clientIdentifier, Uint8Array.from(id)]] }))),
  );
  expect(new Set(addresses).size).toBe(1);
  expect(leases.size).toBe(1);
});

test('two servers that share nothing offer a machine the same address', () => {
  for (let index = 1; index <= 9; index++) {
    const mac = `52:54:00:00:01:0${index}`;
    expect(addressOf(world().ask(packet({ mac })))).toBe(addressOf(world().ask(packet({ mac }))));
  }
});

test('a reservation wins over everything, with its name', () => {
  const { ask } = world({ isKnown: () => false });
  const offer = replied(ask(packet({ mac: '52:54:00:00:00:09', options: [[option.requestedAddress, u32(ipv4('192.0.2.101'))]] }))); // prettier-ignore
  expect(formatIpv4(offer.packet.yiaddr)).toBe('192.0.2.9');
  expect(latin1(offer.packet.options.get(option.hostName) ?? Buffer.of())).toBe('nine');
  expect(ask(packet({ mac: '52:54:00:00:00:09', type: messageType.request, options: [[option.requestedAddress, u32(ipv4('192.0.2.101'))]] }))).toMatchObject({ type: 'nak' }); // prettier-ignore
});

test.each([
  ['ignore', { kind: 'silent', why: 'unknown-machine' }],
  ['discover', { kind: 'reply', type: 'offer', known: false }],
] as const)('a machine nobody knows, with unknown: %s', (unknown, expected) => {
  expect(world({ unknown }).ask(packet({ mac: '02:00:00:00:00:01' }))).toMatchObject(expected);
});

test('a machine the stack has done with keeps the address it holds', () => {
  const { ask, leases } = world();
  const address = replied(ask(packet({}))).packet.yiaddr;
  const request = packet({ type: messageType.request, options: [[option.requestedAddress, u32(address)]] });
  ask(request);
  const renewal = packet({ type: messageType.request, header: { ciaddr: address } });
  expect(ask(renewal, { isKnown: () => false, now: now + 1_000_000 })).toMatchObject({ kind: 'reply', type: 'ack' });
  expect(leases.byAddress(address)?.until).toBe(now + 4_600_000);
  expect(ask(renewal, { isKnown: () => false, now: now + 9_000_000 })).toMatchObject({ kind: 'silent' });
});

test('discovers of strangers never take the last address from a known machine', () => {
  const { ask } = world({ unknown: 'discover' });
  const outcomes = Array.from({ length: 500 }, (_, index) =>
    ask(packet({ mac: `02:00:00:00:0${Math.floor(index / 256)}:${(index % 256).toString(16).padStart(2, '0')}` })),
  );
  expect(outcomes.filter(({ kind }) => kind === 'reply')).toHaveLength(10);
  expect(outcomes.at(-1)).toEqual({ kind: 'silent', why: 'unknown-limit' });
  for (let index = 1; index <= 9; index++)
    expect(ask(packet({ mac: `52:54:00:00:02:0${index}` }))).toMatchObject({ type: 'offer' });
});

test('only who holds an address can decline or release it', () => {
  const { ask, leases } = world({ unknown: 'discover' });
  const address = replied(ask(packet({}))).packet.yiaddr;
  const stranger = { mac: '02:00:00:00:00:01', options: [[option.requestedAddress, u32(address)]] as const };
  expect(ask(packet({ ...stranger, type: messageType.decline }))).toEqual({ kind: 'silent', why: 'not-ours' });
  expect(ask(packet({ ...stranger, type: messageType.release, header: { ciaddr: address } }))).toEqual({ kind: 'silent', why: 'not-ours' }); // prettier-ignore
  expect(leases.byAddress(address)?.mac).toBe('52:54:00:00:00:01');
  expect(ask(packet({ type: messageType.decline, options: [[option.requestedAddress, u32(address)]] }))).toMatchObject({ what: 'declined' }); // prettier-ignore
  expect(leases.byAddress(address)).toMatchObject({ state: 'declined', key: '' });
  expect(replied(ask(packet({}))).packet.yiaddr).not.toBe(address);
});

test('declines cannot empty the ranges', () => {
  const { ask, leases } = world();
  for (let round = 0; round < 200; round++) {
    const address = replied(ask(packet({}))).packet.yiaddr;
    ask(packet({ type: messageType.decline, options: [[option.requestedAddress, u32(address)]] }));
  }
  expect(leases.declinedHeld('192.0.2.0/24')).toBeLessThanOrEqual(4);
});

test.each<[string, Wish, object]>([
  ['an address of another network is refused', { options: [[option.requestedAddress, u32(ipv4('10.0.0.5'))]] }, { type: 'nak' }],
  ['an address outside the ranges is refused', { options: [[option.requestedAddress, u32(ipv4('192.0.2.5'))]] }, { type: 'nak' }],
  ['the address of the server is refused', { options: [[option.requestedAddress, u32(link)]] }, { type: 'nak' }],
  ['a free address is confirmed, as after the loss of the lease file', { options: [[option.requestedAddress, u32(ipv4('192.0.2.110'))]] }, { type: 'ack' }],
  ['a renewal without record is confirmed', { header: { ciaddr: ipv4('192.0.2.111') } }, { type: 'ack' }],
  ['the request for another server is not answered', { options: [[option.requestedAddress, u32(ipv4('192.0.2.110'))], [option.serverIdentifier, u32(ipv4('192.0.2.2'))]] }, { kind: 'silent', why: 'other-server' }],
])('REQUEST: %s', (_what, wish, expected) => {
  expect(world().ask(packet({ type: messageType.request, ...wish }))).toMatchObject(expected);
}); // prettier-ignore

test('an address in use by another machine is refused', () => {
  const { ask } = world();
  const address = replied(ask(packet({}))).packet.yiaddr;
  const other = packet({ mac: '52:54:00:00:00:02', type: messageType.request, options: [[option.requestedAddress, u32(address)]] }); // prettier-ignore
  expect(ask(other)).toMatchObject({ type: 'nak' });
});

test('clients of a relay get addresses of their subnet, the relay information back, and the TFTP server of the subnet', () => {
  const relayInformation = Uint8Array.of(1, 4, 101, 116, 104, 49);
  const giaddr = ipv4('198.51.100.1');
  const decision = world().ask(packet({ options: [[82, relayInformation], ...pxe(7)], header: { giaddr } }));
  const { packet: offer } = replied(decision);
  expect(formatIpv4(offer.yiaddr)).toMatch(/^198\.51\.100\.1\d$|^198\.51\.100\.20$/);
  expect(offer.giaddr).toBe(giaddr);
  expect(offer.options.get(82)).toEqual(relayInformation);
  expect(formatIpv4(offer.siaddr)).toBe('192.0.2.7');
  expect(world().ask(packet({ header: { giaddr: ipv4('203.0.113.1') } }))).toEqual({
    kind: 'silent',
    why: 'no-subnet',
  });
  // RFC 3527: the relay's own address is of a transit network.
  const selection = Uint8Array.of(5, 4, ...u32(ipv4('198.51.100.77')));
  expect(addressOf(world().ask(packet({ options: [[82, selection]], header: { giaddr: ipv4('203.0.113.1') } })))).toMatch(/^198\.51/); // prettier-ignore
});

test.each<[string, Wish, { readonly file: string; readonly siaddr: string; readonly vendorClass?: string }]>([
  ['BIOS', { options: pxe(0, 'PXEClient:Arch:00000:UNDI:002001') }, { file: 'undionly.kpxe', siaddr: '192.0.2.1' }],
  ['BIOS that says so in its vendor class only', { options: [[option.vendorClass, latin1Bytes('PXEClient:Arch:00000:UNDI:002001')]] }, { file: 'undionly.kpxe', siaddr: '192.0.2.1' }],
  ['UEFI x86-64, number 7', { options: pxe(7) }, { file: 'snponly.efi', siaddr: '192.0.2.1' }],
  ['UEFI x86-64, number 9', { options: pxe(9) }, { file: 'snponly.efi', siaddr: '192.0.2.1' }],
  ['UEFI HTTP', { options: pxe(16, 'HTTPClient:Arch:00016:UNDI:003001') }, { file: 'http://192.0.2.1:6180/loaders/snponly.efi', siaddr: '192.0.2.1', vendorClass: 'HTTPClient' }],
  ['iPXE with a bare user class', { options: [...pxe(7), [option.userClass, latin1Bytes('iPXE')]] }, { file: 'http://192.0.2.1:6180/boot.ipxe', siaddr: '192.0.2.1' }],
  ['iPXE with a user class after RFC 3004', { options: [...pxe(7), [option.userClass, Uint8Array.of(4, ...latin1Bytes('iPXE'))]] }, { file: 'http://192.0.2.1:6180/boot.ipxe', siaddr: '192.0.2.1' }],
  ['iPXE known by option 175', { options: [...pxe(0), [option.ipxeEncapsulated, Uint8Array.of(0xb1, 1, 1)]] }, { file: 'http://192.0.2.1:6180/boot.ipxe', siaddr: '192.0.2.1' }],
  ['iPXE built without HTTP gets ours', { options: [...pxe(7), [option.userClass, latin1Bytes('iPXE')], [option.ipxeEncapsulated, Uint8Array.of(21, 1, 1)]] }, { file: 'snponly.efi', siaddr: '192.0.2.1' }],
  ['UEFI arm64', { options: pxe(11, 'PXEClient:Arch:00011:UNDI:003000') }, { file: 'snponly-arm64.efi', siaddr: '192.0.2.1' }],
  ['UEFI arm64 over HTTP', { options: pxe(19, 'HTTPClient:Arch:00019:UNDI:003000') }, { file: 'http://192.0.2.1:6180/loaders/snponly-arm64.efi', siaddr: '192.0.2.1', vendorClass: 'HTTPClient' }],
  ['UEFI of a kind without a loader', { options: pxe(27) }, { file: '', siaddr: '0.0.0.0' }],
  ['an operating system', {}, { file: '', siaddr: '0.0.0.0' }],
])('what boots %s', (_who, wish, expected) => {
  const { packet: offer } = replied(world().ask(packet(wish)));
  expect({ file: offer.file, siaddr: formatIpv4(offer.siaddr) }).toEqual({ file: expected.file, siaddr: expected.siaddr });
  const vendorClass = offer.options.get(option.vendorClass);
  expect(vendorClass === undefined ? undefined : latin1(vendorClass)).toBe(expected.vendorClass);
}); // prettier-ignore

test('a client gets what it asks for, and nothing of the rest', () => {
  const { packet: offer } = replied(world().ask(packet({ options: [[55, Uint8Array.of(1, 3, 6, 121)]] })));
  expect([...offer.options.keys()].sort((one, other) => one - other)).toEqual([1, 6, 51, 53, 54, 58, 59, 121]);
  expect(offer.options.get(121)).toEqual(Uint8Array.of(24, 198, 51, 100, 192, 0, 2, 254));
});

test('beside another DHCP server only who boots is answered, with a boot file and no address', () => {
  const { ask } = world({ mode: 'proxy' });
  expect(ask(packet({}))).toEqual({ kind: 'silent', why: 'not-ours' });
  const offer = replied(ask(packet({ options: pxe(7) })));
  expect(offer.packet).toMatchObject({ yiaddr: 0, siaddr: link, file: 'snponly.efi' });
  expect(latin1(offer.packet.options.get(60) ?? Buffer.of())).toBe('PXEClient');
  expect(offer.packet.options.get(43)).toEqual(Uint8Array.of(6, 1, 8, 255));
  expect(offer.packet.options.has(51)).toBe(false);
  const asked = { type: messageType.request, header: { ciaddr: ipv4('192.0.2.150') } };
  expect(replied(ask(packet({ ...asked, options: pxe(7) })))).toMatchObject({
    type: 'ack',
    packet: { file: 'snponly.efi', yiaddr: 0 },
  });
  expect(ask(packet({ ...asked, options: [...pxe(7), [54, u32(ipv4('192.0.2.2'))]] }))).toMatchObject({
    kind: 'silent',
  });
});

test('whatever is asked in whatever order, no address is held by two machines and none outside the ranges is given', () => {
  const macs = [
    '52:54:00:00:00:01',
    '52:54:00:00:00:02',
    '52:54:00:00:00:09',
    '02:00:00:00:00:01',
    '02:00:00:00:00:02',
  ];
  const address = fc.oneof(fc.integer({ min: 98, max: 122 }), fc.constant(9)).map((last) => ipv4(`192.0.2.${last}`));
  const step = fc.record({
    mac: fc.constantFrom(...macs),
    type: fc.integer({ min: 1, max: 8 }),
    requested: fc.option(address),
    ciaddr: fc.option(address),
    pass: fc.integer({ min: 0, max: 2_000_000 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { ask, leases } = world({ unknown: 'discover' });
      let time = now;
      const given = new Map<number, { readonly mac: string; readonly until: number }>();
      for (const { mac, type, requested, ciaddr, pass } of steps) {
        time += pass;
        leases.expire(time);
        const options = requested === null ? [] : ([[option.requestedAddress, u32(requested)]] as const);
        const decision = ask(packet({ mac, type, options, header: { ciaddr: ciaddr ?? 0 } }), { now: time });
        if (decision.kind === 'note') given.delete(requested ?? ciaddr ?? 0);
        if (decision.kind !== 'reply' || decision.packet.yiaddr === 0) continue;
        const { yiaddr } = decision.packet;
        const own = formatIpv4(yiaddr) === '192.0.2.9';
        expect(own ? mac : formatIpv4(yiaddr)).toMatch(own ? /:09$/ : /^192\.0\.2\.1[01]\d$/);
        const holder = given.get(yiaddr);
        if (holder !== undefined && holder.mac !== mac) expect(holder.until).toBeLessThanOrEqual(time);
        if (decision.type === 'ack') given.set(yiaddr, { mac, until: time + 3_600_000 });
      }
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['dhcp.listen', { listen: '' }],
  ['dhcp.subnets', { subnets: [] }],
  ['dhcp.subnets[0].network', { subnets: [{ network: '192.0.2.0' }] }],
  ['dhcp.subnets[0].ranges[0]', { subnets: [{ network: '192.0.2.0/24', ranges: ['192.0.3.1-192.0.3.9'] }] }],
  ['dhcp.subnets[1]', { subnets: [{ network: '192.0.2.0/24' }, { network: '192.0.2.128/25' }] }],
  ['dhcp.subnets[0].ranges', { subnets: [{ network: '192.0.2.0/24', ranges: ['192.0.2.10-192.0.2.20', '192.0.2.20-192.0.2.30'] }] }],
  ['dhcp.reservations[1]', { reservations: ['52:54:00:00:00:01=192.0.2.10', '52:54:00:00:00:02=192.0.2.10'] }],
  ['dhcp.reservations[0]', { reservations: ['52:54:00=192.0.2.10'] }],
])('a mistake in %s is named', (field, more) => {
  const error = (() => {
    try {
      return readPlan(settings(more));
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toMatchObject({ code: 'BOOT-DHCP-SETTINGS', details: { field } });
}); // prettier-ignore
