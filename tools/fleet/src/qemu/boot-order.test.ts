import { expect, test } from '@jest/globals';
import { bootOrder } from './boot-order.ts';

test.each([
  ['without an override the disk comes first, then the network', 'Disabled', 'Cd', true, ['Hdd', 'Pxe']],
  ['a machine without a card has only its disk', 'Disabled', 'None', false, ['Hdd']],
  ['an override comes before the usual order', 'Once', 'Cd', true, ['Cd', 'Hdd', 'Pxe']],
  ['a continuous one too', 'Continuous', 'Pxe', true, ['Pxe', 'Hdd']],
  ['the disk is not tried twice', 'Once', 'Hdd', true, ['Hdd', 'Pxe']],
  ['an override without a target is none', 'Once', 'None', true, ['Hdd', 'Pxe']],
  // The card has one boot option: by HTTP or by PXE.
  ['HTTP boot takes the place of PXE', 'Continuous', 'UefiHttp', true, ['UefiHttp', 'Hdd']],
] as const)('%s', (_, enabled, target, network, order) => {
  expect(bootOrder({ enabled, target }, network)).toEqual(order);
});
