import { expect, test } from '@jest/globals';
import { knowsOutOfService } from './version.ts';

test.each([
  ['1', '27', false],
  ['1', '28', true],
  ['1', '28+', true],
  ['1', '31', true],
  ['2', '0', true],
])('Kubernetes %s.%s knows Nodes that are out of service: %s', (major, minor, known) => {
  expect(knowsOutOfService(JSON.stringify({ major, minor }))).toBe(known);
});
