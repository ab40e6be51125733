import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { negotiate, type TransferLimits } from './negotiate.ts';
import { toNetascii } from './netascii.ts';
import { ackedBlock, dataPacket, formatTftp, parseTftp, TftpFormatError, type TftpPacket } from './packet.ts';
import { sender } from './transfer.ts';

const limits: TransferLimits = { blockSize: 1468, windowSize: 16, timeoutMs: 1000 };
const word = fc.integer({ min: 0, max: 65_535 });
const text = fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 40 }); // prettier-ignore
const options = fc
  .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,12}$/), text), { selector: ([name]) => name, maxLength: 5 })
  .map((entries) => new Map(entries));

const packets: fc.Arbitrary<TftpPacket> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('read', 'write'),
    file: text,
    mode: fc.constantFrom('octet', 'netascii'),
    options,
  }),
  fc.record({ kind: fc.constant('data' as const), block: word, data: fc.uint8Array({ maxLength: 600 }) }),
  fc.record({ kind: fc.constant('ack' as const), block: word }),
  fc.record({ kind: fc.constant('error' as const), code: word, message: text }),
  fc.record({ kind: fc.constant('option-ack' as const), options }),
);

test('what is written is read back', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const bytes = formatTftp(packet);
      if (packet.kind === 'ack') expect(ackedBlock(bytes)).toBe(packet.block);
      // An OACK without options is as short as no packet.
      if (packet.kind === 'option-ack' && packet.options.size === 0) return;
      expect(parseTftp(bytes)).toEqual(packet);
    }),
  );
});

test('whatever the network sends is read or refused with a coded error', () => {
  const changed = fc
    .tuple(packets, fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { maxLength: 10 }), fc.nat(700))
    .map(([packet, changes, size]) => {
      const bytes = Uint8Array.from(formatTftp(packet));
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes.subarray(0, size);
    });
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 600 }), changed), (bytes) => {
      try {
        parseTftp(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(TftpFormatError);
        expect(error).toMatchObject({ code: 'TFTP-PACKET-MALFORMED' });
      }
    }),
    { numRuns: 3000 },
  );
});

test.each([
  [
    'curl 8',
    '0001736e702e656669006f63746574007473697a65003000626c6b73697a650035313200',
    { file: 'snp.efi', mode: 'octet' },
  ],
  ['a ROM that leaves out the last zero', '00016100 6f63746574', { file: 'a', mode: 'octet' }],
  ['OCTET in capitals', '00016100 4f435445540000', { file: 'a', mode: 'octet' }],
])('a request as %s sends it', (_who, hex, expected) => {
  expect(parseTftp(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toMatchObject({ kind: 'read', ...expected });
});

test.each<[string, Record<string, string>, Record<string, string>]>([
  ['nothing asked, nothing acknowledged', {}, {}],
  ['the size of the file', { tsize: '0' }, { tsize: '5000' }],
  ['a block size within bounds', { blksize: '1024' }, { blksize: '1024' }],
  ['a block size beyond what fits a frame is made smaller', { blksize: '65464' }, { blksize: '1468' }],
  ['a block size that RFC 2348 forbids is passed over', { blksize: '7' }, {}],
  ['a window', { windowsize: '64' }, { windowsize: '16' }],
  ['a timeout as it is', { timeout: '3' }, { timeout: '3' }],
  ['a timeout of nothing is passed over', { timeout: '0' }, {}],
  ['what is no number, or unknown, is passed over', { blksize: '1e3', multicast: '', utimeout: '5' }, {}],
])('options: %s', (_what, asked, accepted) => {
  expect(Object.fromEntries(negotiate(new Map(Object.entries(asked)), 5000, limits).accepted)).toEqual(accepted);
});

/** A client that keeps what arrives in order and acknowledges every window. Loses packets by a list of booleans. */
function download(file: Uint8Array, asked: Record<string, string>, losses: readonly boolean[]) {
  const terms = negotiate(new Map(Object.entries(asked)), file.length, limits);
  const machine = sender(file.length, terms, 50);
  const received: Uint8Array[] = [];
  let lost = 0;
  let sent = 0;
  const loses = () => losses[lost++ % Math.max(1, losses.length)] === true && lost < 40;
  let last = 0;
  let step = machine.start();
  for (let round = 0; round < 20_000; round++) {
    let answer: number | undefined;
    if (step.kind === 'done') break;
    if (step.kind === 'give-up') return { outcome: 'give-up', received, sent };
    if (step.kind === 'send-options' && !loses()) answer = 0;
    if (step.kind === 'send') {
      for (let block = step.from; block < step.to; block++) {
        sent++;
        if (loses()) continue;
        const data = file.subarray((block - 1) * terms.blockSize, block * terms.blockSize);
        const number = parseTftp(dataPacket(block, data));
        if (number.kind === 'data' && number.block === ((last + 1) & 0xffff)) {
          last++;
          received.push(data);
        }
        // RFC 7440: out of order, or the end of the window: acknowledge the last block that came in order.
        answer = last & 0xffff;
      }
    }
    step = answer === undefined || loses() ? machine.timedOut() : machine.acked(answer);
    if (step.kind === 'wait') step = machine.timedOut();
  }
  return { outcome: step.kind, received, sent };
}

test('a file arrives whole whatever is lost on the way', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 20_000 }),
      fc.record({ blksize: fc.constantFrom('8', '512', '1468'), windowsize: fc.constantFrom('1', '4', '16') }),
      fc.array(fc.boolean(), { maxLength: 40 }),
      (file, asked, losses) => {
        const { outcome, received } = download(file, asked, losses);
        expect(outcome).toBe('done');
        expect(Buffer.concat(received).equals(file)).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});

test('block numbers go on after 65535', () => {
  const file = new Uint8Array(8 * 70_000 + 3).fill(1);
  const { outcome, received } = download(file, { blksize: '8', windowsize: '16' }, []);
  expect(outcome).toBe('done');
  expect(received).toHaveLength(70_001);
});

test('a file that fills its last block ends with an empty one', () => {
  expect(sender(1024, negotiate(new Map(), 1024, limits)).blocks).toBe(3);
});

test('an acknowledgement that comes twice does not double the traffic', () => {
  const machine = sender(5000, negotiate(new Map(), 5000, limits));
  expect(machine.start()).toEqual({ kind: 'send', from: 1, to: 2 });
  expect(machine.acked(1)).toEqual({ kind: 'send', from: 2, to: 3 });
  expect(machine.acked(1)).toEqual({ kind: 'wait' });
  expect(machine.acked(0)).toEqual({ kind: 'wait' });
  expect(machine.acked(40_000)).toEqual({ kind: 'wait' });
  expect(machine.acked(2)).toEqual({ kind: 'send', from: 3, to: 4 });
});

test('a window of which the first block was lost is sent again once at once, then when time is up', () => {
  const machine = sender(50_000, negotiate(new Map([['windowsize', '4']]), 50_000, limits));
  expect(machine.start()).toEqual({ kind: 'send-options' });
  expect(machine.acked(0)).toEqual({ kind: 'send', from: 1, to: 5 });
  expect(machine.acked(0)).toEqual({ kind: 'send', from: 1, to: 5 });
  expect(machine.acked(0)).toEqual({ kind: 'wait' });
  expect(machine.timedOut()).toEqual({ kind: 'send', from: 1, to: 5 });
  expect(machine.acked(2)).toEqual({ kind: 'send', from: 3, to: 7 });
});

test('a client that never answers is given up', () => {
  const machine = sender(5000, negotiate(new Map(), 5000, limits), 3);
  machine.start();
  expect([machine.timedOut(), machine.timedOut(), machine.timedOut()].map(({ kind }) => kind)).toEqual([
    'send',
    'send',
    'give-up',
  ]);
});

test('netascii ends lines as the wire wants them', () => {
  expect(Buffer.from(toNetascii(Buffer.from('a\nb\rc'))).toString()).toBe('a\r\nb\r\0c');
});
