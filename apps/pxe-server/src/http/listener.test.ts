import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually, fakeClock, testService, type FakeClock } from '@metal3/testing';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { httpListener, type HttpListener, type HttpSettings, type HttpsSettings } from './listener.ts';
import { sendText } from './send.ts';

const http: HttpSettings = {
  listen: '127.0.0.1:0',
  url: '',
  portFile: '',
  maxConnections: 100,
  maxConnectionsPerClient: 90,
  stallTimeout: 60_000,
};
const https: HttpsSettings = { listen: '', url: '', portFile: '', certFile: '', keyFile: '', minVersion: 'TLSv1.2' };

let folder: string;
let clock: FakeClock;
let metrics: () => Promise<string>;
const listeners: HttpListener[] = [];
const sockets: Socket[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'listener-'));
  clock = fakeClock();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const listener of listeners.splice(0)) {
    const stopped = listener.stop();
    await clock.advance(10_000);
    await stopped;
  }
  await rm(folder, { recursive: true });
});

async function start(plain: Partial<HttpSettings> = {}, tls: Partial<HttpsSettings> = {}): Promise<HttpListener> {
  const service = testService('pxe-server', { clock });
  metrics = () => service.metrics.metrics();
  const listener = httpListener({ ...http, ...plain }, { ...https, ...tls }, (request, response) => {
    sendText(request, response, 200, `${request.url}\n`);
    return Promise.resolve({ route: 'unknown', bytes: 0 });
  });
  await listener.start(service.signal, service);
  listeners.push(listener);
  return listener;
}

/** Writes a certificate and key for 127.0.0.1 with this common name; returns the paths. */
async function certificate(name: string) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const made = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const certFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  await writeFile(certFile, made.toString('pem'));
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  await writeFile(keyFile, PemConverter.encode(key, 'PRIVATE KEY'));
  return { certFile, keyFile };
}

const portOf = (url: string) => Number(new URL(url).port);

/** Sends text over a connection and resolves with all that comes back until it is closed. */
function exchange(port: number, text: string, host = '127.0.0.1'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(text));
    sockets.push(socket);
    let answer = '';
    socket.setEncoding('latin1').on('data', (data: string) => (answer += data));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

/** Common name of the certificate that is shown, and the version of TLS spoken. */
function greet(port: number, options = {}): Promise<{ name: string; version: string | null; answer: string }> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      const version = socket.getProtocol();
      const name = String(socket.getPeerCertificate().subject.CN);
      let answer = '';
      socket.setEncoding('latin1').on('data', (data: string) => (answer += data));
      socket.on('close', () => resolve({ name, version, answer }));
      socket.write('GET /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    });
    socket.on('error', reject);
  });
}

test('the same is served over TLS, and virtual media are then announced with https', async () => {
  const files = await certificate('first');
  const listener = await start({}, { listen: '127.0.0.1:0', ...files });
  expect(listener.baseUrl()).toMatch(/^http:\/\/127/);
  expect(listener.mediaUrl()).toMatch(/^https:\/\/127/);
  const { name, answer } = await greet(portOf(listener.mediaUrl()));
  expect([name, answer.split('\r\n')[0]]).toEqual(['first', 'HTTP/1.1 200 OK']);
});

test('a replaced certificate is taken over without a restart, and one that is no good is not', async () => {
  const files = await certificate('first');
  const other = await certificate('second');
  const listener = await start({}, { listen: '127.0.0.1:0', ...files });
  const shown = async () => (await greet(portOf(listener.mediaUrl()))).name;
  await copyFile(other.certFile, files.certFile);
  await clock.advance(10_000);
  expect(await shown()).toBe('first');
  await copyFile(other.keyFile, files.keyFile);
  await eventually(async () => {
    await clock.advance(10_000);
    return (await shown()) === 'second';
  });
  await writeFile(files.certFile, 'nonsense');
  await clock.advance(10_000);
  expect(await shown()).toBe('second');
});

test('a key of another certificate ends the start, with the settings to look at', async () => {
  const { certFile } = await certificate('first');
  const { keyFile } = await certificate('second');
  const refused = start({}, { listen: '127.0.0.1:0', certFile, keyFile });
  await expect(refused).rejects.toMatchObject({
    code: 'HTTP-TLS-FILES',
    remedy: expect.stringMatching(/https.certFile/),
  });
  await expect(start({}, { listen: '127.0.0.1:0', certFile })).rejects.toMatchObject({ code: 'HTTP-TLS-FILES' });
});

test('BMCs that know nothing newer than TLS 1.0 are served only if the operator allows it', async () => {
  const files = await certificate('old');
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' };
  const strict = await start({}, { listen: '127.0.0.1:0', ...files });
  await expect(greet(portOf(strict.mediaUrl()), old)).rejects.toThrow();
  const lenient = await start({}, { listen: '127.0.0.1:0', ...files, minVersion: 'TLSv1' });
  await expect(greet(portOf(lenient.mediaUrl()), old)).resolves.toMatchObject({ version: 'TLSv1' });
  await expect(greet(portOf(lenient.mediaUrl()))).resolves.toMatchObject({ version: 'TLSv1.3' });
});

test('IPv6 is served, with the address in brackets', async () => {
  const listener = await start({ listen: '[::1]:0' });
  expect(listener.baseUrl()).toMatch(/^http:\/\/\[::1\]:\d+$/);
  const answer = await exchange(portOf(listener.baseUrl()), 'GET /6 HTTP/1.0\r\n\r\n', '::1');
  expect(answer).toMatch(/^HTTP\/1.1 200/);
  await expect(start({ listen: '[::]:0' })).rejects.toMatchObject({ code: 'BOOT-URL-UNKNOWN' });
});

test('one client cannot take all connections, nor all clients more than there may be', async () => {
  const listener = await start({ maxConnections: 3, maxConnectionsPerClient: 2 });
  const port = portOf(listener.baseUrl());
  const open = (localAddress: string) =>
    new Promise<{ socket: Socket; closed: () => boolean }>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress }, () => {
        socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
        resolve({ socket, closed: () => socket.destroyed || socket.readableEnded });
      });
      sockets.push(socket);
      socket.on('error', reject).on('error', () => {});
    });
  const outcome = async ({ socket, closed }: Awaited<ReturnType<typeof open>>) => {
    let answer = '';
    socket.setEncoding('latin1').on('data', (data: string) => (answer += data));
    return eventually(() => (answer.includes('200 OK') ? 'served' : closed() && 'turned away'));
  };
  const held = [await open('127.0.0.1'), await open('127.0.0.1')];
  for (const one of held) expect(await outcome(one)).toBe('served');
  expect(await outcome(await open('127.0.0.1'))).toBe('turned away');
  expect(await outcome(await open('127.0.0.2'))).toBe('served');
  expect(await outcome(await open('127.0.0.3'))).toBe('turned away');
  held[0]?.socket.destroy();
  await eventually(async () => (await metrics()).includes('pxe_http_connections{service="pxe-server"} 2')); // prettier-ignore
  expect(await outcome(await open('127.0.0.3'))).toBe('served');
  expect(await metrics()).toMatch(/refused_connections_total\{limit="client".*\} 1[\s\S]*limit="total".*\} 1/);
});

test('over TLS a connection too many is closed before anything is computed for it', async () => {
  const files = await certificate('first');
  const listener = await start({ maxConnectionsPerClient: 1 }, { listen: '127.0.0.1:0', ...files });
  const port = portOf(listener.mediaUrl());
  const first = connect(port, '127.0.0.1');
  sockets.push(first);
  await eventually(async () => (await metrics()).includes('pxe_http_connections{service="pxe-server"} 1')); // prettier-ignore
  await expect(greet(port)).rejects.toThrow();
  first.destroy();
  await eventually(async () => (await metrics()).includes('pxe_http_connections{service="pxe-server"} 0')); // prettier-ignore
  await expect(greet(port)).resolves.toMatchObject({ name: 'first' });
});

test.each([
  ['a header without end', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}`, /^HTTP\/1.1 431 /],
  ['no HTTP at all', '\0\x01\x02hello\r\n\r\n', /^HTTP\/1.1 400 /],
  ['a body', 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\nabc', /^HTTP\/1.1 413 /],
  ['a body in chunks', 'GET / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nff\r\n', /^HTTP\/1.1 413 /],
])('who sends %s is answered and cut off', async (_what, text, expected) => {
  const listener = await start();
  await expect(exchange(portOf(listener.baseUrl()), text)).resolves.toMatch(expected);
});

test('who begins a request and then says nothing more is cut off after a while', async () => {
  const listener = await start({ stallTimeout: 300 });
  const port = portOf(listener.baseUrl());
  await expect(exchange(port, 'GET / HTTP/1.1\r\n')).resolves.toBe('');
});

test('a stopping server finishes what it serves and takes nothing new', async () => {
  const listener = await start();
  void listener.drain?.();
  const answer = await exchange(portOf(listener.baseUrl()), 'GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  expect(answer).toMatch(/connection: close/i);
  await listener.stop();
  listeners.splice(0);
  await expect(exchange(portOf(listener.baseUrl()), '')).rejects.toThrow(/ECONNREFUSED/);
});
