import { expect, test } from '@jest/globals';
import { recordedInventory, shapeDifference } from './recordings.ts';

test('the recorded inventory is there, and has the shape of itself', () => {
  expect(recordedInventory()).toMatchObject({ interfaces: expect.any(Array), cpu: expect.any(Object) });
  expect(shapeDifference(recordedInventory(), recordedInventory())).toEqual([]);
});

test.each([
  ['a field that is gone', { cpu: { count: 1, flags: [] } }, { cpu: { count: 2 } }, ['cpu.flags is gone']],
  ['a field that is new', { cpu: { count: 1 } }, { cpu: { count: 1, sockets: 1 } }, ['cpu.sockets is new']],
  [
    'a field of list elements',
    { disks: [{ name: 'a' }] },
    { disks: [{ name: 'b', tran: 'x' }] },
    ['disks[].tran is new'],
  ],
  ['an object that became a text', { cpu: {} }, { cpu: 'fast' }, ['cpu is of another kind']],
  ['a list that became a text', { lldp: [] }, { lldp: 'none' }, ['lldp is of another kind']],
  ['nothing, where a list was never recorded', { lldp: null }, { lldp: [[1, 'a']] }, []],
  ['an object that went', { bios: { name: 'a' } }, { bios: null }, ['bios is of another kind']],
  ['nothing, where values differ', { name: 'a', list: [1] }, { name: null, list: [] }, []],
])('%s', (_, recorded, seen, difference) => {
  expect(shapeDifference(recorded, seen)).toEqual(difference);
});
