import { expect, test } from '@jest/globals';
import type { BootClient } from '@metal3/boot-client';
import type { BootEntry } from '@metal3/node-store';
import { someNode } from '../verbs/seen-for-tests.ts';
import { mediaByUrl, mediaOfPxeServer } from './boot-media.ts';

const entry = { nodeUuid: someNode.uuid, capability: 'cap' } as BootEntry;
const signal = new AbortController().signal;
const answers = (urls: object) =>
  ({ resolveBoot: () => Promise.resolve(urls), resolveConfigDrive: () => Promise.resolve(urls) }) as unknown as Pick<
    BootClient,
    'resolveBoot' | 'resolveConfigDrive'
  >;

test('BMCs read the medium over TLS where it is served so, firmware that boots over HTTP by plain HTTP', async () => {
  const media = mediaOfPxeServer(
    answers({
      isoUrl: 'https://192.0.2.1:6183/boot/cap/boot.iso',
      ipxeScriptUrl: 'http://192.0.2.1:6180/boot/cap/boot.ipxe',
      efiUrl: 'http://192.0.2.1:6180/boot/cap/boot.efi',
    }),
  );
  expect(await media.isoUrl(entry, signal)).toBe('https://192.0.2.1:6183/boot/cap/boot.iso');
  expect(await media.httpUrls(entry, signal)).toEqual({
    iso: 'http://192.0.2.1:6180/boot/cap/boot.iso',
    loader: 'http://192.0.2.1:6180/boot/cap/boot.efi',
  });
});

test('a config drive is where pxe-server says, or below the configured URL where nobody can be asked', async () => {
  const url = 'https://192.0.2.1:6183/boot/cap/config-drive.img';
  expect(await mediaOfPxeServer(answers({ url })).configDriveUrl(entry, signal)).toBe(url);
  const byUrl = mediaByUrl('http://192.0.2.1:6180/');
  expect(await byUrl.configDriveUrl(entry, signal)).toBe('http://192.0.2.1:6180/boot/cap/config-drive.img');
  await expect(mediaByUrl('').configDriveUrl(entry, signal)).rejects.toThrow(
    /neither boot.pxeServer nor boot.mediaUrl/,
  );
});

test('an ISO of somebody else stays where it is, and without a loader none is named', async () => {
  const media = mediaOfPxeServer(
    answers({ isoUrl: 'https://images.example/live.iso', ipxeScriptUrl: 'http://192.0.2.1/boot/cap/boot.ipxe', efiUrl: '' }), // prettier-ignore
  );
  expect(await media.httpUrls(entry, signal)).toEqual({ iso: 'https://images.example/live.iso', loader: undefined });
});
