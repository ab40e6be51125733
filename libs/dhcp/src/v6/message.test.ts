import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DhcpFormatError } from '../errors.ts';
import { formatIpv6, ipv6Bytes, ipv6Of, readIpv6 } from '../ipv6.ts';
import { readClient6 } from './client.ts';
import { messageName6, messageType6, option6 } from './codes.ts';
import { identityAssociation, readIdentityAssociation } from './identity-association.ts';
import { formatMessage6, formatRelayed6, parseMessage6, type Message6, type Option6 } from './message.ts';

const address = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
const option = fc.record({
  code: fc.integer({ min: 0, max: 65_535 }).filter((code) => code !== option6.relayMessage),
  data: fc.uint8Array({ maxLength: 60 }),
});
const message: fc.Arbitrary<Message6> = fc.record({
  type: fc.integer({ min: 1, max: 11 }),
  transaction: fc.integer({ min: 0, max: 0xffffff }),
  options: fc.array(option, { maxLength: 10 }),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(message, (one) => expect(parseMessage6(formatMessage6(one))).toEqual({ message: one, relays: [] })),
  );
});

test('an answer goes back through the relays the question came through, each with its interface identifier', () => {
  const relay = fc.record({
    hops: fc.integer({ min: 0, max: 8 }),
    link: address,
    peer: address,
    options: fc.uint8Array({ maxLength: 20 }).map((data): Option6[] => [{ code: option6.interfaceId, data }]),
  });
  fc.assert(
    fc.property(message, fc.array(relay, { maxLength: 8 }), (one, relays) => {
      expect(parseMessage6(formatRelayed6(one, relays))).toEqual({ message: one, relays });
    }),
  );
});

test('more relays than RFC 8415 allows are refused, however deep they are', () => {
  const relay = { hops: 0, link: 1n, peer: 2n, options: [] };
  const deep = formatRelayed6(
    { type: 1, transaction: 1, options: [] },
    Array.from({ length: 9 }, () => relay),
  );
  expect(() => parseMessage6(deep)).toThrow(DhcpFormatError);
});

test('whatever the network sends is read or refused with a coded error', () => {
  const changed = fc
    .tuple(message, fc.array(fc.tuple(fc.nat(700), fc.nat(255)), { maxLength: 20 }), fc.nat(800))
    .map(([one, changes, size]) => {
      const bytes = formatMessage6(one);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes.subarray(0, size);
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), changed), address, (bytes, source) => {
      try {
        readClient6(parseMessage6(bytes), source);
      } catch (error) {
        expect(error).toBeInstanceOf(DhcpFormatError);
        expect(error).toMatchObject({ code: 'DHCP-PACKET-MALFORMED' });
      }
    }),
    { numRuns: 3000 },
  );
});

test('an identity association is read as it was written, with renewal at half and rebinding at four fifths', () => {
  const association = { id: 7, addresses: [{ address: 5n, preferred: 1000, valid: 2000 }] };
  const { data } = identityAssociation(association);
  expect(readIdentityAssociation(data)).toEqual(association);
  const view = new DataView(data.buffer);
  expect([view.getUint32(4), view.getUint32(8)]).toEqual([500, 800]);
});

test('addresses are numbers, bytes and text', () => {
  fc.assert(
    fc.property(address, (one) => {
      expect(ipv6Of(ipv6Bytes(one))).toBe(one);
      expect(readIpv6(formatIpv6(one))).toBe(one);
    }),
  );
  expect([readIpv6('fe80::1%eth0'), readIpv6('192.0.2.1'), readIpv6('')]).toEqual([undefined, undefined, undefined]);
});

const duid = (hex: string): Option6 => ({ code: option6.clientId, data: Buffer.from(hex, 'hex') });
const ask = (...options: Option6[]): Message6 => ({ type: messageType6.solicit, transaction: 1, options });
const linkLocal = readIpv6('fe80::5054:ff:fe00:2');
const random = readIpv6('fe80::1234:5678:9abc:def0');

test.each<[string, Option6[], bigint | undefined, string]>([
  ['the link-local address that it sends from', [duid('0004'.padEnd(36, '7'))], linkLocal, '52:54:00:00:00:02'],
  ['a DUID-LL when the address is random', [duid('00030001525400000001')], random, '52:54:00:00:00:01'],
  ['a DUID-LLT when the address is random', [duid('0001000112345678525400000001')], random, '52:54:00:00:00:01'],
  ['nothing, when nothing tells', [duid('0004'.padEnd(36, '7'))], random, ''],
])('the MAC address of a client is known by %s', (_how, options, source, mac) => {
  expect(readClient6({ message: ask(...options), relays: [] }, source).mac).toBe(mac);
});

test('behind a relay the MAC address is the one that the relay saw', () => {
  const seen = { code: option6.clientLinkLayer, data: Buffer.from('0001525400000003', 'hex') };
  const relay = { hops: 0, link: 1n, peer: linkLocal ?? 0n, options: [seen] };
  const message = ask(duid('00030001525400000001'));
  expect(readClient6({ message, relays: [relay] }, undefined).mac).toBe('52:54:00:00:00:03');
  expect(readClient6({ message, relays: [{ ...relay, options: [] }] }, undefined).mac).toBe('52:54:00:00:00:02');
});

const text = (code: number, value: string, head = ''): Option6 => ({
  code,
  data: Buffer.concat([Buffer.from(head, 'hex'), Buffer.from(value)]),
});

test.each<[string, Option6[], object | undefined]>([
  ['UEFI over TFTP', [{ code: 61, data: Buffer.from('0007', 'hex') }, text(16, 'PXEClient:Arch:00007:UNDI:003001', '00000157 0020'.replace(' ', ''))], { program: 'pxe', architecture: { firmware: 'efi-x86_64' } }],
  ['UEFI over HTTP', [{ code: 61, data: Buffer.from('0010', 'hex') }, text(16, 'HTTPClient:Arch:00016:UNDI:003001', '000001570021')], { program: 'http' }],
  ['iPXE', [{ code: 61, data: Buffer.from('0007', 'hex') }, text(15, 'iPXE', '0004')], { program: 'ipxe' }],
  ['an operating system', [], undefined],
])('%s is recognised', (_what, options, expected) => {
  const { boot } = readClient6({ message: ask(duid('00030001525400000001'), ...options), relays: [] }, linkLocal);
  if (expected === undefined) expect(boot).toBeUndefined();
  else expect(boot).toMatchObject(expected);
}); // prettier-ignore

test('messages have the names of the RFC', () => {
  expect([1, 11, 12, 99].map(messageName6)).toEqual(['SOLICIT', 'INFORMATION-REQUEST', 'RELAY-FORWARD', 'TYPE-99']);
});
