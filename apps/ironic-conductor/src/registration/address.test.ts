import { expect, test } from '@jest/globals';
import { reachableAddress } from './address.ts';

test.each([
  ['0.0.0.0:50053', '10.0.0.7', '10.0.0.7:50053'],
  ['[::]:50053', '10.0.0.7', '10.0.0.7:50053'],
  ['[::]:50053', 'fd00::7', '[fd00::7]:50053'],
  ['0.0.0.0:50053', '', '0.0.0.0:50053'],
  ['127.0.0.1:41234', '10.0.0.7', '127.0.0.1:41234'],
  ['192.0.2.1:50053', '10.0.0.7', '192.0.2.1:50053'],
])('a server on %s of machine %j is called at %s', (listening, host, address) => {
  expect(reachableAddress(listening, host)).toBe(address);
});
