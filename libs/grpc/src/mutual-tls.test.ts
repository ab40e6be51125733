import 'reflect-metadata';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { webcrypto } from 'node:crypto';
import { connect as connectTls } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually, testService } from '@metal3/testing';
import {
  BasicConstraintsExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from '@peculiar/x509';
import { grpcClient } from './client.ts';
import { serverCredentials } from './credentials.ts';
import { GreetingService } from './gen/metal3/testing/v1/greeting_pb.ts';
import { grpcServer } from './server.ts';
import type { GrpcClientSettings } from './settings.ts';
import { implement } from './types.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

interface Authority {
  readonly certificate: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

let folder: string;
const cleanUps: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mtls-'));
});
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  await rm(folder, { recursive: true });
});

async function authority(name: string): Promise<Authority & { readonly file: string }> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [new BasicConstraintsExtension(true)],
  });
  const file = join(folder, `${name}-ca.pem`);
  await writeFile(file, certificate.toString('pem'));
  return { certificate, keys, file };
}

async function issue({ certificate, keys }: Authority, subject: string, file: string, dnsName?: string) {
  const own = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issued = await X509CertificateGenerator.create({
    subject,
    issuer: certificate.subject,
    publicKey: own.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: algorithm,
    ...validity,
    extensions: [
      new SubjectAlternativeNameExtension([
        dnsName === undefined ? { type: 'ip', value: '127.0.0.1' } : { type: 'dns', value: dnsName },
      ]),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY');
  const paths = { tlsCertFile: join(folder, `${file}.pem`), tlsKeyFile: join(folder, `${file}.key`) };
  await writeFile(paths.tlsCertFile, issued.toString('pem'));
  await writeFile(paths.tlsKeyFile, key);
  return paths;
}

async function serve(ours: Authority & { readonly file: string }, dnsName?: string) {
  const service = testService('greeter');
  const server = grpcServer(
    {
      listen: '127.0.0.1:0',
      portFile: '',
      ...(await issue(ours, 'CN=greeter', 'server', dnsName)),
      tlsClientCaFile: ours.file,
      readers: ['reader'],
      operators: ['group:operators'],
      services: [],
      reflection: false,
    },
    [
      implement(GreetingService, {
        greet: (_request, { principal }) => ({
          greeting: `${principal.kind} ${principal.name} ${principal.groups.join()}`,
        }),
        shout: () => ({}),
        count: async function* () {},
      }),
    ],
  );
  await server.start(service.signal, service);
  cleanUps.push(() => server.stop());
  return server.address;
}

const connect = (address: string, more: Partial<GrpcClientSettings>) => {
  const client = grpcClient(GreetingService, { address, ...more });
  cleanUps.push(() => client.close());
  return client;
};

test('common name and organisations of the client certificate are the principal and decide its roles', async () => {
  const ours = await authority('ours');
  const address = await serve(ours);
  const tlsCaFile = ours.file;
  const reader = connect(address, { tlsCaFile, ...(await issue(ours, 'CN=reader, O=people', 'reader')) });
  await expect(reader.greet({})).resolves.toMatchObject({ greeting: 'certificate reader people' });
  await expect(reader.shout({})).rejects.toMatchObject({ code: 'GRPC-FORBIDDEN', class: 'auth' });
  const operator = connect(address, { tlsCaFile, ...(await issue(ours, 'CN=somebody, O=operators', 'operator')) });
  await expect(operator.shout({})).resolves.toBeDefined();
});

test('a caller without a certificate, or with one of another authority, does not get in', async () => {
  const [ours, theirs] = [await authority('ours'), await authority('theirs')];
  const address = await serve(ours);
  const nobody = connect(address, { tlsCaFile: ours.file });
  await expect(nobody.greet({}, { timeoutMs: 3_000 })).rejects.toMatchObject({ class: 'transient' });
  const stranger = connect(address, { tlsCaFile: ours.file, ...(await issue(theirs, 'CN=reader', 'stranger')) });
  await expect(stranger.greet({}, { timeoutMs: 3_000 })).rejects.toMatchObject({ class: 'transient' });
});

test('a server that is called by its address may have to prove another name', async () => {
  const ours = await authority('ours');
  const address = await serve(ours, 'greeter.example');
  const own = { tlsCaFile: ours.file, ...(await issue(ours, 'CN=reader', 'reader')) };
  const named = connect(address, { ...own, tlsServerName: 'greeter.example' });
  await expect(named.greet({})).resolves.toMatchObject({ greeting: 'certificate reader ' });
  for (const tlsServerName of ['', 'other.example']) {
    const wrong = connect(address, { ...own, tlsServerName });
    await expect(wrong.greet({}, { timeoutMs: 3_000 })).rejects.toMatchObject({ class: 'transient' });
  }
});

test('a server of another authority is not trusted', async () => {
  const [ours, theirs] = [await authority('ours'), await authority('theirs')];
  const client = connect(await serve(ours), { tlsCaFile: theirs.file, ...(await issue(ours, 'CN=reader', 'reader')) });
  await expect(client.greet({}, { timeoutMs: 30_000 })).rejects.toMatchObject({ code: 'GRPC-UNREACHABLE' });
});

test('half of a certificate and key pair is refused', async () => {
  const service = testService('greeter');
  const server = grpcServer(
    { listen: '127.0.0.1:0', portFile: '', tlsCertFile: 'x', tlsKeyFile: '', tlsClientCaFile: '', readers: [], operators: [], services: [], reflection: false },
    [],
  ); // prettier-ignore
  await expect(server.start(service.signal, service)).rejects.toMatchObject({ code: 'GRPC-OPEN-SERVER' });
});

test('a renewed certificate is shown to those who connect after it, by a server that asks for tokens alone as well', async () => {
  const ours = await authority('ours');
  // As Kubernetes does with a Secret: certificate and key change in the same instant.
  const current = join(folder, 'current');
  const renew = async (name: string) => {
    await mkdir(join(folder, name));
    await issue(ours, `CN=${name}`, `${name}/tls`);
    await symlink(join(folder, name), `${current}.new`);
    await rename(`${current}.new`, current);
  };
  await renew('first');
  const paths = { tlsCertFile: join(current, 'tls.pem'), tlsKeyFile: join(current, 'tls.key') };
  const server = new Server();
  cleanUps.push(() => server.forceShutdown());
  const settings = { ...paths, tlsClientCaFile: '', listen: '', portFile: '', readers: [], operators: [], services: [], reflection: false }; // prettier-ignore
  const port = await new Promise<number>((bound, fail) => {
    server.bindAsync('127.0.0.1:0', serverCredentials(settings, 20), (error, got) =>
      error ? fail(error) : bound(got),
    );
  });
  const ca = await readFile(ours.file, 'utf8');
  const shown = (): Promise<unknown> =>
    new Promise((done, fail) => {
      const socket = connectTls({ port, host: '127.0.0.1', servername: '', ca, ALPNProtocols: ['h2'] }, () => {
        done(socket.getPeerCertificate().subject.CN);
        socket.destroy();
      }).once('error', fail);
    });
  await eventually(async () => (await shown()) === 'first' || undefined);
  await renew('second');
  await eventually(async () => (await shown()) === 'second' || undefined);
});
