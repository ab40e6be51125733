import { expect, test } from '@jest/globals';
import { summariseReady } from './conditions.ts';

const condition = (type: string, status: string, message = '') => ({ type, status, reason: 'Because', message });
const associated = condition('AssociateBareMetalHost', 'True');
const data = condition('AssociateMetal3MachineMetaData', 'True');
const rendered = condition('Metal3DataReady', 'True');

test.each([
  ['is True when all parts are', [associated, data, rendered], 'True', 'Ready', ''],
  [
    'is Unknown while a part has never been reported',
    [associated, data],
    'Unknown',
    'ReadyUnknown',
    'not known yet: Metal3DataReady',
  ],
  [
    'is False when a part is, and says why',
    [condition('AssociateBareMetalHost', 'False', 'no host fits'), data],
    'False',
    'NotReady',
    'AssociateBareMetalHost: no host fits',
  ],
])('Ready %s', (_sentence, conditions, status, reason, message) => {
  expect(summariseReady(conditions)).toEqual({ type: 'Ready', status, reason, message });
});
