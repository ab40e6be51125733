import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blockCache, blockSize } from './block-cache.ts';

const file = Buffer.alloc(5 * blockSize + 123);
for (let at = 0; at < file.length; at += 4) file.writeUInt32LE(at, Math.min(at, file.length - 4));

test('any reads, through however small a cache, bring the bytes of the file', async () => {
  const reads = fc.array(fc.tuple(fc.nat(file.length), fc.nat(blockSize)), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(reads, fc.integer({ min: 1, max: 4 }), async (wanted, blocks) => {
      const cache = blockCache(blocks * blockSize);
      await Promise.all(
        wanted.map(async ([position, length]) => {
          const target = Buffer.alloc(length);
          const got = await cache.read('d', target, position, (size, at) =>
            Promise.resolve(file.subarray(at, at + size)),
          );
          expect(target.subarray(0, got).equals(file.subarray(position, position + got))).toBe(true);
          // To the end of the block, of the file, or of what was asked for.
          const most = Math.min(length, blockSize - (position % blockSize), Math.max(0, file.length - position));
          expect(got).toBe(most);
        }),
      );
    }),
    { numRuns: 100 },
  );
});

test('a block is read once however many ask, and again after a failure', async () => {
  const cache = blockCache();
  let reads = 0;
  const readBlock = () => (++reads === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve(new Uint8Array(10)));
  const ask = async () => cache.read('d', Buffer.alloc(4), 0, readBlock);
  await expect(Promise.all([ask(), ask()])).rejects.toThrow('EIO');
  await Promise.all([ask(), ask(), ask()]);
  await ask();
  expect(reads).toBe(2);
});
