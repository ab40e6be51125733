import { expect, test } from '@jest/globals';
import { aHost } from '../testing.ts';
import { decideHostPause } from './decide.ts';

const pausedBy = (value: string) =>
  aHost('a', { metadata: { name: 'a', annotations: { 'baremetalhost.metal3.io/paused': value } } });

test('pausing a cluster pauses its hosts and keeps a copy of their status', () => {
  const annotations = decideHostPause(aHost('a'), true)?.metadata?.annotations ?? {};
  expect(annotations['baremetalhost.metal3.io/paused']).toBe('metal3.io/capm3');
  expect(JSON.parse(annotations['baremetalhost.metal3.io/status'] ?? '')).toMatchObject({
    provisioning: { state: 'available' },
  });
});

test('the end of the pause takes our annotation off', () => {
  expect(decideHostPause(pausedBy('metal3.io/capm3'), false)).toEqual({
    metadata: { annotations: { 'baremetalhost.metal3.io/paused': null } },
  });
});

test.each([true, false])('a pause somebody else set stays (cluster paused: %s)', (clusterPaused) => {
  expect(decideHostPause(pausedBy('maintenance'), clusterPaused)).toBeUndefined();
});
