import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { blockCache } from './block-cache.ts';

const blockSize = 4096;
const cacheOf = (most: number, spare = most) => blockCache({ blockSize, spare, most });

const file = Buffer.alloc(5 * blockSize + 123);
for (let at = 0; at < file.length; at += 4) file.writeUInt32LE(at, Math.min(at, file.length - 4));

const fill = (buffer: Uint8Array, position: number) => {
  const content = file.subarray(position, position + buffer.length);
  buffer.set(content);
  return Promise.resolve(content.length);
};

test('whoever borrows, from however small a cache, has the bytes of the file until they are given back', async () => {
  const loans = fc.array(fc.tuple(fc.nat(file.length), fc.nat(3)), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      loans,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 4 }),
      async (wanted, blocks, spare) => {
        const cache = cacheOf(blocks, spare);
        await Promise.all(
          wanted.map(async ([position, turns]) => {
            const lent = await cache.lend('d', position, fill);
            // All blocks are lent.
            if (lent === undefined) return;
            for (let turn = 0; turn < turns; turn++) await Promise.resolve();
            const end = Math.min(file.length, position - (position % blockSize) + blockSize);
            expect(Buffer.compare(lent.bytes, file.subarray(position, end))).toBe(0);
            lent.release();
          }),
        );
        // Everything has been given back: there is room again.
        expect(await cache.lend('d', 0, fill)).toBeDefined();
      },
    ),
    { numRuns: 100 },
  );
});

test('a block is read once however many ask, and again after a failure', async () => {
  const cache = cacheOf(4);
  let reads = 0;
  const readBlock = () => (++reads === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve(10));
  const ask = async () => cache.lend('d', 0, readBlock);
  await expect(Promise.all([ask(), ask()])).rejects.toThrow('EIO');
  await Promise.all([ask(), ask(), ask()]);
  await ask();
  expect(reads).toBe(2);
});

test('a block that is lent is never given up for another; without room the caller is told', async () => {
  const cache = cacheOf(2);
  const first = await cache.lend('d', 0, fill);
  const second = await cache.lend('d', blockSize, fill);
  expect(cache.lend('d', 2 * blockSize, fill)).toBeUndefined();
  expect(await cache.lend('d', blockSize + 7, fill)).toMatchObject({ bytes: { length: blockSize - 7 } });
  first?.release();
  const third = await cache.lend('d', 2 * blockSize, fill);
  expect(Buffer.compare(third?.bytes ?? Buffer.of(), file.subarray(2 * blockSize, 3 * blockSize))).toBe(0);
  expect(Buffer.compare(second?.bytes ?? Buffer.of(), file.subarray(blockSize, 2 * blockSize))).toBe(0);
});

test('as long as nobody keeps blocks, no more memory is taken than is to be kept', async () => {
  const cache = cacheOf(100, 2);
  const buffers = new Set<ArrayBufferLike>();
  for (let position = 0; position < file.length; position += blockSize) {
    const lent = await cache.lend('d', position, fill);
    buffers.add(lent?.bytes.buffer ?? new ArrayBuffer());
    lent?.release();
  }
  expect(buffers.size).toBe(2);
});
