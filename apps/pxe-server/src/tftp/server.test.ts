import { expect, test } from '@jest/globals';
import { silentLog, fakeClock } from '@metal3/testing';
import { formatTftp, parseTftp, type TftpPacket } from '@metal3/tftp';
import { cleanPath } from './clean-path.ts';
import { tftpServer, type TftpOutcome } from './server.ts';

const limits = { blockSize: 1468, windowSize: 16, timeoutMs: 1000, sessions: 3, sessionsPerClient: 2 };

/** A server whose network is memory: what it sends is kept, what it should hear is handed to it. */
async function server(files: Readonly<Record<string, Uint8Array>>) {
  const clock = fakeClock();
  const outcomes: TftpOutcome[] = [];
  const refusals: TftpPacket[] = [];
  const sessions: {
    readonly peer: string;
    readonly sent: TftpPacket[];
    closed: boolean;
    receive(packet: TftpPacket): void;
  }[] = [];
  let toMain = (_bytes: Uint8Array, _port: number, _host: string) => {};
  const one = await tftpServer(
    { host: '192.0.2.1', port: 69 },
    {
      files: { find: (name) => Promise.resolve(files[name] === undefined ? undefined : { bytes: files[name] }) },
      datagrams: {
        open(at, received) {
          toMain = received;
          return Promise.resolve({ address: at, send: (bytes) => void refusals.push(parseTftp(bytes)), close() {} });
        },
        openTo(_host, peer, received) {
          const session = { peer: `${peer.host}:${peer.port}`, sent: [] as TftpPacket[], closed: false, receive: (packet: TftpPacket) => received(formatTftp(packet)) }; // prettier-ignore
          sessions.push(session);
          return Promise.resolve({
            send: (bytes) => void session.sent.push(parseTftp(bytes)),
            close() {
              session.closed = true;
            },
          });
        },
      },
      clock,
      log: silentLog,
      limits,
      onEnd: (outcome) => void outcomes.push(outcome),
    },
  );
  return {
    server: one,
    clock,
    outcomes,
    refusals,
    sessions,
    async ask(
      file: string,
      from: readonly [string, number],
      options: Readonly<Record<string, string>> = {},
      kind: 'read' | 'write' = 'read',
      mode = 'octet',
    ) {
      toMain(formatTftp({ kind, file, mode, options: new Map(Object.entries(options)) }), from[1], from[0]);
      await clock.advance(0);
      return sessions.at(-1);
    },
    raw: (bytes: Uint8Array) => toMain(bytes, 5000, '192.0.2.9'),
  };
}

const file = new Uint8Array(1200).fill(7);
const blocks = (packets: readonly TftpPacket[] | undefined) =>
  (packets ?? []).map((packet) => (packet.kind === 'data' ? packet.block : packet.kind));

test('a lost block is sent again, each time after a longer wait, and the client is given up in the end', async () => {
  const { ask, clock, outcomes, server: one } = await server({ a: file });
  const session = await ask('a', ['192.0.2.9', 1000]);
  const times: number[] = [];
  for (let seconds = 1; seconds <= 60 && outcomes.length === 0; seconds++) {
    const before = session?.sent.length ?? 0;
    await clock.advance(1_000);
    if ((session?.sent.length ?? 0) > before) times.push(seconds);
  }
  expect(times).toEqual([1, 3, 7, 15, 25, 35]);
  expect(blocks(session?.sent)).toEqual([1, 1, 1, 1, 1, 1, 'error']);
  expect([outcomes, session?.closed, one.sessions]).toEqual([['given-up'], true, 0]);
});

test('a transfer goes block by block to its end', async () => {
  const { ask, outcomes, clock } = await server({ a: file });
  const session = await ask('a', ['192.0.2.9', 1000]);
  for (const block of [1, 2, 3]) session?.receive({ kind: 'ack', block });
  await clock.advance(0);
  expect(blocks(session?.sent)).toEqual([1, 2, 3]);
  expect(outcomes).toEqual(['sent']);
  expect(clock.pending).toBe(0);
});

test('a ROM that only wants to know the size, and says so with an error, has not failed', async () => {
  const { ask, outcomes, clock } = await server({ a: file });
  const session = await ask('a', ['192.0.2.9', 1000], { tsize: '0' });
  expect(session?.sent).toEqual([{ kind: 'option-ack', options: new Map([['tsize', '1200']]) }]);
  session?.receive({ kind: 'error', code: 0, message: 'TFTP Aborted' });
  await clock.advance(0);
  expect(outcomes).toEqual(['stopped-by-client']);
});

test('one address cannot take all the places, nor all addresses more than there are', async () => {
  const { ask, refusals, sessions, server: one } = await server({ a: file });
  for (let port = 1; port <= 5; port++) await ask('a', ['192.0.2.9', port]);
  expect(sessions).toHaveLength(2);
  await ask('a', ['192.0.2.10', 1]);
  await ask('a', ['192.0.2.11', 1]);
  expect(sessions).toHaveLength(3);
  expect(refusals).toHaveLength(4);
  expect(one.sessions).toBe(3);
});

test('a request that comes twice begins one transfer', async () => {
  const { ask, sessions } = await server({ a: file });
  await ask('a', ['192.0.2.9', 1000]);
  await ask('a', ['192.0.2.9', 1000]);
  expect(sessions).toHaveLength(1);
});

test('noise at the main port gets no answer', async () => {
  const { raw, refusals, sessions, outcomes } = await server({ a: file });
  for (let size = 0; size < 40; size++) raw(new Uint8Array(size).fill(9));
  raw(formatTftp({ kind: 'ack', block: 1 }));
  expect([refusals.length, sessions.length, new Set(outcomes)]).toEqual([0, 0, new Set(['malformed'])]);
});

test.each([
  ['write', 'octet', 2],
  ['read', 'mail', 4],
] as const)('%s in mode %s is refused with error %i', async (kind, mode, code) => {
  const { ask, refusals } = await server({ a: file });
  await ask('a', ['192.0.2.9', 1], {}, kind, mode);
  expect(refusals).toMatchObject([{ kind: 'error', code }]);
});

test.each([
  ['a', 'a'],
  ['/a/b', 'a/b'],
  ['a\\b', 'a/b'],
  ['./a//b', 'a/b'],
  ['..', undefined],
  ['a/../b', undefined],
  ['a\\..\\..\\b', undefined],
  ['', undefined],
  ['/', undefined],
  ['a\nb', undefined],
  ['a'.repeat(300), undefined],
])('"%s" means %s', (name, path) => {
  expect(cleanPath(name)).toBe(path);
});
