import { expect, test } from '@jest/globals';
import { CodedError } from '@metal3/service';
import { imagesOfPxeServer } from '../../adapters/image-service.ts';
import type { Hand } from '../../work/perform.ts';
import { seen } from '../seen-for-tests.ts';
import { imagePerformers, type ImageWanted, type PreparedImage } from './local-image.ts';

const running: PreparedImage = { operation: 'o1', state: 'running', stage: 'downloading', percent: null };
const info = { image_source: 'oci://r/os:1', image_disk_format: 'qcow2', image_pull_secret: 'sealed' };

function hand(journalImage: PreparedImage | undefined): Hand {
  const journal = { image: journalImage === undefined ? null : { image: journalImage, lookedAt: 0 } };
  const node = { instanceInfo: info, properties: { cpu_arch: 'aarch64' } };
  return {
    seen: seen({ kind: 'deploy', node, journal }),
    machine: undefined as never,
    resumed: false,
    signal: new AbortController().signal,
    mayStart: () => true,
  };
}

test('what is asked for is what the instance says, with its secret opened', async () => {
  const asked: ImageWanted[] = [];
  const performers = imagePerformers({
    images: {
      start: (wanted) => (asked.push(wanted), Promise.resolve(running)),
      look: () => Promise.resolve(undefined),
    },
    reveal: () => ({ ...info, image_pull_secret: 'user:secret' }),
  });
  const { journal } = await performers['start-image']({ kind: 'start-image' }, hand(undefined));
  expect(journal.image?.image).toEqual(running);
  expect(asked).toEqual([
    {
      url: 'oci://r/os:1',
      checksum: '',
      checksumType: '',
      diskFormat: 'qcow2',
      forceRaw: true,
      pullSecret: 'user:secret',
      cpuArchitecture: 'aarch64',
    },
  ]);
});

test('an operation that nobody knows any more is started again', async () => {
  let started = 0;
  const unknown = new CodedError({ code: 'IMAGE-OPERATION-UNKNOWN', class: 'permanent', remedy: '' }, 'gone');
  const operation = { id: 'o1', state: 'running', stage: 'waiting', bytesDone: 0n, bytesTotal: 0n };
  const client = {
    startImageCache: () => (started++, Promise.resolve({ operation })),
    getImageOperation: () => Promise.reject(unknown),
  };
  const performers = imagePerformers({ images: imagesOfPxeServer(client as never), reveal: () => info });
  const { journal } = await performers['look-at-image']({ kind: 'look-at-image' }, hand(running));
  expect([started, journal.image?.image.state]).toEqual([1, 'running']);
});
