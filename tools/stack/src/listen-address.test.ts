import { expect, test } from '@jest/globals';
import { createServer, type AddressInfo } from 'node:net';
import { reachableAt, refuseTakenPort } from './listen-address.ts';

test('a port that somebody has is refused before anything starts, naming it and the flag', async () => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as AddressInfo;
  await expect(refuseTakenPort('127.0.0.1', port)).rejects.toThrow(`port ${port} of 127.0.0.1 is in use`);
  await expect(refuseTakenPort('127.0.0.1', port)).rejects.toThrow('--port');
  await new Promise((resolve) => holder.close(resolve));
  await expect(refuseTakenPort('127.0.0.1', port)).resolves.toBeUndefined();
});

test('an address for all interfaces never stands in a URL', () => {
  expect(reachableAt('127.0.0.1')).toBe('127.0.0.1');
  expect(reachableAt('0.0.0.0')).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  expect(reachableAt('0.0.0.0')).not.toBe('0.0.0.0');
});
