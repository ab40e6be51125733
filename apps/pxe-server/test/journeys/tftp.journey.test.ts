import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, testNetwork, type Machine, type TestNetwork } from '@metal3/testing';
import { startPxeServer, type PxeProcess } from './pxe-process.ts';

let folder: string;
let network: TestNetwork;
let client: Machine;
let pxe: PxeProcess;
const file = (name: string) => join(folder, name);
const sizes = [0, 1, 511, 512, 513, 1468, 1_048_576, 40_000_000];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pxe-tftp-'));
  await mkdir(file('root/sub'), { recursive: true });
  for (const size of sizes) await writeFile(file(`root/size-${size}`), randomBytes(size));
  await writeFile(file('root/sub/text'), 'one\ntwo\n');
  await writeFile(file('secret'), 'nobody should read this');
  network = await testNetwork();
  const server = await network.machine('server', { address: '192.0.2.1/24' });
  client = await network.machine('client', { address: '192.0.2.2/24' });
  pxe = await startPxeServer(
    server,
    file('server'),
    {
      http: { listen: '192.0.2.1:6180' },
      tftp: { listen: '192.0.2.1:69', root: file('root') },
    },
    [{ nodeUuid: 'node-1', mac: '52:54:00:00:00:01' }],
  );
});

afterAll(async () => {
  await network?.close();
  await rm(folder, { recursive: true, force: true });
});

const digest = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

/** tftp-hpa's client says what went wrong in words only. */
const tftp = (...commands: string[]) => client.run('tftp', '192.0.2.1', '-m', 'binary', '-c', ...commands);
const curl = (name: string, ...flags: string[]) =>
  client.run('curl', '-sS', '--max-time', '30', ...flags, '-o', file('got'), `tftp://192.0.2.1/${name}`);

test.each(sizes)('a file of %i bytes arrives whole with the client of tftp-hpa', async (size) => {
  await tftp('get', `size-${size}`, file('got'));
  expect(await digest(file('got'))).toBe(await digest(file(`root/size-${size}`)));
});

test.each([
  ['blocks as they were in 1981', ['--tftp-no-options']],
  ['blocks that fit a frame', ['--tftp-blksize', '1468']],
  ['blocks larger than the server gives', ['--tftp-blksize', '8192']],
])('curl gets a file in %s', async (_what, flags) => {
  await curl('size-1048576', ...flags);
  expect(await digest(file('got'))).toBe(await digest(file('root/size-1048576')));
});

test('busybox gets a file, with its own block size', async () => {
  await client.run('busybox', 'tftp', '-g', '-b', '1024', '-r', 'size-1048576', '-l', file('got'), '192.0.2.1');
  expect(await digest(file('got'))).toBe(await digest(file('root/size-1048576')));
});

test.each(['sub/text', '/sub/text', '\\sub\\text', './sub//text'])(
  '%s is found as boot ROMs write paths',
  async (name) => {
    await tftp('get', name, file('got'));
    expect(await readFile(file('got'), 'utf8')).toBe('one\ntwo\n');
  },
);

test('text arrives with the line ends of the client', async () => {
  await client.run('tftp', '192.0.2.1', '-m', 'ascii', '-c', 'get', 'sub/text', file('got'));
  expect(await readFile(file('got'), 'utf8')).toBe('one\ntwo\n');
});

test.each(['../secret', 'sub/../../secret', '/../secret', '..\\secret', 'none', 'sub'])(
  '%s is not to be had',
  async (name) => {
    await rm(file('got'), { force: true });
    expect(await tftp('get', name, file('got'))).toContain('no such file');
  },
);

test('nothing can be written', async () => {
  expect(await tftp('put', file('secret'), 'size-1')).toContain('files can only be read');
  expect((await readFile(file('root/size-1'))).length).toBe(1);
});

test('iPXE scripts are there too, for boot loaders that look beside themselves', async () => {
  await tftp('get', 'autoexec.ipxe', file('got'));
  expect(await readFile(file('got'), 'utf8')).toContain('http://192.0.2.1:6180/ipxe/${netX/mac:hexhyp}/boot.ipxe');
  await tftp('get', 'ipxe/52-54-00-00-00-01', file('got'));
  expect(await readFile(file('got'), 'utf8')).toContain('kernel http://192.0.2.1:6180/ipxe/52-54-00-00-00-01/kernel');
});

test('twenty machines at once get their loader', async () => {
  // More than the eight that one address may have: who is refused is told so and asks again.
  const all = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      const own = file(`got-${index}`);
      await eventually(
        async () => {
          const said = await tftp('get', 'size-1048576', own);
          return said.includes('too many transfers') ? undefined : true;
        },
        { timeoutMs: 60_000, everyMs: 100 },
      );
      return digest(own);
    }),
  );
  expect(new Set(all)).toEqual(new Set([await digest(file('root/size-1048576'))]));
  await eventually(async () => {
    expect(await pxe.metrics()).toMatch(/pxe_tftp_sessions\{[^}]*\} 0\n/);
    return true;
  });
});
