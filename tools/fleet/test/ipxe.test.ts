import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HttpClient } from '../src/http/client.ts';
import { bootFromScript } from '../src/medium/ipxe.ts';
import { kernel, ramdisk } from './bench.ts';
import { IronicStandIn } from './ironic-stand-in.ts';

const server = new IronicStandIn();
const http = new HttpClient();
beforeAll(async () => {
  await server.start();
  server.media.set('/k', kernel);
  server.media.set('/r', ramdisk);
});
afterAll(async () => {
  http.close();
  await server.stop();
});

let slept = 0;
function run(lines: readonly string[], platform: 'uefi' | 'bios' = 'uefi') {
  server.media.set('/script', Buffer.from(['#!ipxe', ...lines, ''].join('\n')));
  slept = 0;
  const card = { mac: '52:54:00:00:00:0a', ip: '192.0.2.7', uuid: 'u-1', serial: 's-1', platform, http };
  const pause = (seconds: number) => Promise.resolve(void (slept += seconds));
  return bootFromScript(`${server.url}/script`, { ...card, signal: new AbortController().signal, pause });
}

test('kernel, initrd and boot lead to a kernel line with the variables of the card in it', async () => {
  const booted = await run([
    'set extra a=b',
    'kernel k ${extra} BOOTIF=01-${netX/mac:hexhyp} id=${uuid}',
    'initrd --name x r',
    'boot',
  ]);
  expect(booted).toMatchObject({ kind: 'kernel', kernelUrl: `${server.url}/k`, initrdUrls: [`${server.url}/r`] });
  expect(booted.kind === 'kernel' ? booted.line.text : '').toBe('a=b BOOTIF=01-52-54-00-00-00-0a id=u-1');
});

test('a script that tries a download several times sleeps in between and gives up', async () => {
  const lines = [
    'set tries:int32 0',
    ':again',
    'kernel missing || goto failed',
    'boot',
    ':failed',
    'inc tries',
    'iseq ${tries} 3 && goto enough ||',
    'sleep 5',
    'goto again',
    ':enough',
    'reboot',
  ];
  await expect(run(lines)).rejects.toThrow('the script gave up (reboot)');
  expect(slept).toBe(10);
});

test.each<[string, string[], 'uefi' | 'bios', object]>([
  ['exit hands over to the disk', ['exit 0'], 'uefi', { kind: 'local-disk' }],
  [
    'the platform chooses',
    ['iseq ${platform} efi && exit || sanboot http://x/y.iso'],
    'bios',
    { kind: 'iso', url: 'http://x/y.iso' },
  ],
  ['sanboot of a drive is the disk', ['sanboot --no-describe --drive 0x80'], 'bios', { kind: 'local-disk' }],
  ['a chained script goes on', ['chain --autofree other || exit'], 'uefi', { kind: 'local-disk' }],
])('%s', async (_what, lines, platform, outcome) => {
  server.media.set('/other', Buffer.from('#!ipxe\nexit\n'));
  expect(await run(lines, platform)).toEqual(outcome);
});

test.each<[string, string[], RegExp]>([
  ['a label that is not there', ['goto nowhere'], /there is no such label/],
  ['a loop without end', [':a', 'goto a'], /runs in circles/],
  ['boot without a kernel', ['boot'], /iPXE command failed: boot/],
  ['a kernel that is none', ['kernel text', 'boot'], /iPXE command failed: kernel text/],
])('%s is an error that names it', async (_what, lines, message) => {
  server.media.set('/text', Buffer.from('text'));
  await expect(run(lines)).rejects.toThrow(message);
});
