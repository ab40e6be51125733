import { expect, test } from '@jest/globals';
import { aHost } from '../testing.ts';
import { blockMoveAnnotation, decideHostPause } from './decide.ts';

const pausedBy = (value: string) =>
  aHost('a', { metadata: { name: 'a', annotations: { 'baremetalhost.metal3.io/paused': value } } });

test('pausing a cluster pauses its hosts and keeps a copy of their status', () => {
  const annotations = decideHostPause(aHost('a'), true)?.metadata?.annotations ?? {};
  expect(annotations['baremetalhost.metal3.io/paused']).toBe('metal3.io/capm3');
  expect(JSON.parse(annotations['baremetalhost.metal3.io/status'] ?? '')).toMatchObject({
    provisioning: { state: 'available' },
  });
});

test('the end of the pause takes our annotation off, and no move may begin any more', () => {
  expect(decideHostPause(pausedBy('metal3.io/capm3'), false)).toEqual({
    metadata: { annotations: { 'baremetalhost.metal3.io/paused': null, [blockMoveAnnotation]: '' } },
  });
});

test.each([true, false])('a pause somebody else set stays (cluster paused: %s)', (clusterPaused) => {
  expect(decideHostPause(pausedBy('maintenance'), clusterPaused)).toBeUndefined();
});

const blocking = (annotations: Record<string, string> = {}) =>
  aHost('a', { metadata: { name: 'a', annotations: { ...annotations, [blockMoveAnnotation]: '' } } });

test('a host of a running cluster keeps clusterctl from moving it', () => {
  expect(decideHostPause(aHost('a'), false)).toEqual({ metadata: { annotations: { [blockMoveAnnotation]: '' } } });
  expect(decideHostPause(blocking(), false)).toBeUndefined();
});

test('the move may begin in the moment in which the status is kept', () => {
  expect(decideHostPause(blocking(), true)?.metadata?.annotations).toEqual({
    'baremetalhost.metal3.io/paused': 'metal3.io/capm3',
    'baremetalhost.metal3.io/status': expect.any(String),
    [blockMoveAnnotation]: null,
  });
});

test('a host that is paused already does not hold the move of its cluster up', () => {
  const host = blocking({ 'baremetalhost.metal3.io/paused': 'maintenance' });
  expect(decideHostPause(host, true)).toEqual({ metadata: { annotations: { [blockMoveAnnotation]: null } } });
});
