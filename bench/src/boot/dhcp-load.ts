// A relay with many machines behind it: each goes through DISCOVER, OFFER, REQUEST, ACK, so many at once, until the time is over.
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';

export interface LoadFigures {
  readonly exchanges: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Requests that had to be sent again after a second. */
  readonly again: number;
  /** Requests for an offered address that were refused. */
  readonly refused: number;
}

interface Input {
  /** Fewer when the time is over before. */
  readonly exchanges: number;
  readonly seconds: number;
  readonly inFlight: number;
  readonly machines: number;
  readonly server: string;
  readonly relay: string;
  readonly out: string;
}

interface Exchange {
  readonly xid: number;
  readonly mac: number;
  readonly began: number;
  sent: number;
  packet: Buffer;
}

const { exchanges, seconds, inFlight, machines, server, relay, out } = JSON.parse(process.argv[2] ?? '') as Input;
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
await new Promise<void>((done) => socket.bind(67, relay, done));
const running = new Map<number, Exchange>();
const times: number[] = [];
const firstXid = Math.floor(Math.random() * 0x7fffffff);
let begun = 0;
let again = 0;
let refused = 0;
const start = performance.now();
let finished: (value: unknown) => void = () => {};
const all = new Promise((resolve) => (finished = resolve));

const head = Buffer.alloc(240);
head.set([1, 1, 6, 1]);
head.set(relay.split('.').map(Number), 24);
head.set([0x52, 0x54, 0, 0], 28);
head.set([0x63, 0x82, 0x53, 0x63], 236);

function packet(xid: number, mac: number, options: readonly number[]): Buffer {
  const bytes = Buffer.alloc(300);
  head.copy(bytes);
  bytes.writeUInt32BE(xid, 4);
  bytes.writeUInt16BE(mac, 32);
  bytes.set([...options, 55, 4, 1, 3, 6, 51, 255], 240);
  return bytes;
}

function send(exchange: Exchange): void {
  exchange.sent = performance.now();
  socket.send(exchange.packet, 67, server);
}

function begin(): void {
  if (begun >= exchanges || performance.now() - start > seconds * 1000) return;
  const index = begun++;
  const xid = (firstXid + index) >>> 0;
  const mac = index % machines;
  const exchange = { xid, mac, began: performance.now(), sent: 0, packet: packet(xid, mac, [53, 1, 1]) };
  running.set(xid, exchange);
  send(exchange);
}

socket.on('message', (bytes) => {
  const exchange = running.get(bytes.readUInt32BE(4));
  if (exchange === undefined) return;
  const type = bytes[bytes.indexOf(Buffer.of(53, 1), 240) + 2];
  if (type === 2 && exchange.packet[242] === 1) {
    const server = bytes.subarray(bytes.indexOf(Buffer.of(54, 4), 240) + 2).subarray(0, 4);
    exchange.packet = packet(exchange.xid, exchange.mac, [
      53,
      1,
      3,
      50,
      4,
      ...bytes.subarray(16, 20),
      54,
      4,
      ...server,
    ]);
    send(exchange);
  } else if (type === 5) {
    running.delete(exchange.xid);
    times.push(performance.now() - exchange.began);
    begin();
    if (running.size === 0) finished(undefined);
  } else if (type === 6) {
    // dnsmasq keeps no record of offers: of two machines that are offered one address the second is refused, and begins again.
    refused++;
    exchange.packet = packet(exchange.xid, exchange.mac, [53, 1, 1]);
    send(exchange);
  }
});

const resend = setInterval(() => {
  const now = performance.now();
  for (const exchange of running.values()) {
    if (now - exchange.sent < 1000) continue;
    again++;
    send(exchange);
  }
  if (times.length === 0 && now - start > 10_000) {
    console.error('the server does not answer');
    process.exit(1);
  }
}, 200);
for (let index = 0; index < inFlight; index++) begin();
await all;
clearInterval(resend);
socket.close();
const took = (performance.now() - start) / 1000;
times.sort((one, other) => one - other);
const at = (share: number) =>
  Number((times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2));
const figures: LoadFigures = {
  exchanges: times.length,
  perSecond: Math.round(times.length / took),
  p50Ms: at(0.5),
  p99Ms: at(0.99),
  again,
  refused,
};
writeFileSync(out, JSON.stringify(figures));
