import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { fastestMs } from '@metal3/testing';
import fc from 'fast-check';
import { DhcpFormatError } from '../errors.ts';
import { readClient } from './client.ts';
import { option } from './codes.ts';
import { formatPacket, parsePacket, type DhcpPacket } from './packet.ts';

const text = (maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), maxLength });
const u32s = fc.integer({ min: 0, max: 0xffffffff });
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

const options = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 254 }), bytes(40)), { selector: ([code]) => code, maxLength: 12 })
  .map((entries) => new Map(entries.filter(([code]) => code !== option.overload)));

const packets: fc.Arbitrary<DhcpPacket> = fc.record({
  op: fc.constantFrom(1, 2),
  htype: fc.integer({ min: 0, max: 255 }),
  hops: fc.integer({ min: 0, max: 255 }),
  xid: u32s,
  secs: fc.integer({ min: 0, max: 65_535 }),
  flags: fc.integer({ min: 0, max: 65_535 }),
  ciaddr: u32s,
  yiaddr: u32s,
  siaddr: u32s,
  giaddr: u32s,
  chaddr: bytes(16),
  sname: text(63),
  file: text(127),
  options,
});

const sorted = (packet: DhcpPacket) => ({
  ...packet,
  options: [...packet.options].sort(([one], [other]) => one - other),
});

test('what is written is read back', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const { bytes: written, omitted } = formatPacket(packet, 1472);
      expect(omitted).toEqual([]);
      expect(sorted(parsePacket(written))).toEqual(sorted(packet));
    }),
  );
});

test('a packet never exceeds what the client accepts, and says what it left out', () => {
  fc.assert(
    fc.property(packets, fc.integer({ min: 300, max: 700 }), (packet, size) => {
      const { bytes: written, omitted } = formatPacket(packet, size);
      expect(written.length).toBeLessThanOrEqual(Math.max(300, size));
      const read = parsePacket(written);
      expect([...read.options.keys(), ...omitted].sort()).toEqual([...packet.options.keys()].sort());
      for (const [code, value] of read.options) expect(value).toEqual(packet.options.get(code));
      // What stands in the header stays there.
      expect([read.file, read.sname]).toEqual([packet.file, packet.sname]);
    }),
  );
});

test('options that do not fit go into the header fields that are free', () => {
  const packet = { ...base, file: '', sname: '', options: new Map([[43, new Uint8Array(200).fill(7)], [67, new Uint8Array(120).fill(8)], [66, new Uint8Array(60).fill(9)]]) }; // prettier-ignore
  const { bytes: written, omitted } = formatPacket(packet, 300 + 148);
  expect(omitted).toEqual([]);
  expect(parsePacket(written).options).toEqual(packet.options);
  expect(written.length).toBeLessThanOrEqual(448);
});

test('an option of more than 255 bytes is written in parts and read as one', () => {
  const long = new Uint8Array(600).map((_, index) => index);
  const { bytes: written } = formatPacket({ ...base, options: new Map([[43, long]]) }, 1472);
  expect(parsePacket(written).options.get(43)).toEqual(long);
});

test('relay information is the last option', () => {
  const { bytes: written } = formatPacket({ ...base, options: new Map([[82, Uint8Array.of(1, 1, 9)], [53, Uint8Array.of(2)]]) }, 548); // prettier-ignore
  expect([...written.subarray(240, 249)]).toEqual([53, 1, 2, 82, 3, 1, 1, 9, 255]);
});

test('whatever the network sends is read or refused with a coded error', () => {
  fc.assert(
    fc.property(hostile, (packet) => {
      try {
        readClient(parsePacket(packet));
      } catch (error) {
        expect(error).toBeInstanceOf(DhcpFormatError);
        expect(error).toMatchObject({ code: 'DHCP-PACKET-MALFORMED' });
      }
    }),
    { numRuns: 3000 },
  );
});

test('the largest datagram that can come is read in no time', async () => {
  // One-byte options to the end of the packet, each the same: the most pieces that can be joined.
  const packet = new Uint8Array(65_507);
  packet.set(formatPacket(base).bytes.subarray(0, 240));
  for (let at = 240; at + 2 < packet.length; at += 3) packet.set([60, 1, 65], at);
  const read = () => expect(parsePacket(packet).options.get(60)?.length).toBe(Math.floor((65_507 - 240) / 3));
  expect(await fastestMs(read)).toBeLessThan(500);
});

const base: DhcpPacket = {
  op: 1,
  htype: 1,
  hops: 0,
  xid: 0x1234,
  secs: 0,
  flags: 0,
  ciaddr: 0,
  yiaddr: 0,
  siaddr: 0,
  giaddr: 0,
  chaddr: Uint8Array.of(0x52, 0x54, 0, 0, 0, 1),
  sname: '',
  file: '',
  options: new Map(),
};

/** Noise, cut packets, packets with bytes changed: what a fuzzer on the wire would send. */
const hostile = fc.oneof(
  bytes(600),
  fc.tuple(packets, fc.nat(1500)).map(([packet, size]) => formatPacket(packet, 1472).bytes.subarray(0, size)),
  fc.tuple(packets, fc.array(fc.tuple(fc.nat(1471), fc.nat(255)), { maxLength: 30 })).map(([packet, changes]) => {
    const changed = formatPacket(packet, 1472).bytes;
    for (const [at, byte] of changes) changed[at % changed.length] = byte;
    return changed;
  }),
);

const captured = (name: string) => parsePacket(readFileSync(new URL(`golden/${name}.bin`, import.meta.url)));

test.each([
  ['udhcpc-discover', undefined],
  ['dhclient-discover', undefined],
  ['ipxe-discover', { program: 'ipxe', architectureCode: 7 }],
  ['ovmf-pxe-discover', { program: 'pxe', architectureCode: 7 }],
])('what %s sent is understood', (name, boot) => {
  const client = readClient(captured(name));
  expect(client).toMatchObject({ type: 1, mac: expect.stringMatching(/^52:54:00/) });
  if (boot === undefined) expect(client.boot).toBeUndefined();
  else expect(client.boot).toMatchObject(boot);
});
