import { expect, test } from '@jest/globals';
import { aHost, aMetal3Machine, ours } from '../testing.ts';
import { decideRelease, type ReleaseDecision } from './decide.ts';

const release = (host: ReturnType<typeof aHost> | undefined, fastTrack = false) =>
  decideRelease({ metal3Machine: aMetal3Machine(), host, fastTrack });
const held = (state: string, spec = {}) => aHost('a', { state, spec: { online: false, consumerRef: ours, ...spec } });

test.each<[string, ReturnType<typeof aHost> | undefined, Partial<ReleaseDecision>]>([
  ['is done when it never had a host', undefined, { kind: 'done' }],
  [
    "leaves a host alone that is another machine's",
    aHost('a', { spec: { online: true, consumerRef: { ...ours, name: 'other' } } }),
    { kind: 'done' },
  ],
  [
    'clears image and secrets and powers off',
    held('provisioned', { online: true, image: { url: 'x' }, userData: { name: 's' } }),
    { kind: 'deprovision' },
  ],
  ['waits while the host is cleaned', held('deprovisioning'), { kind: 'wait', reason: 'host a is deprovisioning' }],
  ['lets go when the host is available', held('available'), { kind: 'let-go' }],
  ['lets go of a host that was never registered', held(''), { kind: 'let-go' }],
])('%s', (_sentence, host, decision) => {
  expect(release(host)).toMatchObject(decision);
});

test('a fast-track release keeps the host powered on', () => {
  expect(release(held('provisioned', { image: { url: 'x' } }), true)).toMatchObject({
    patch: { spec: { online: true } },
  });
});

test('a host that must not be powered off stays on', () => {
  expect(release(held('provisioned', { image: { url: 'x' }, disablePowerOff: true }))).toMatchObject({
    patch: { spec: { online: true } },
  });
});
