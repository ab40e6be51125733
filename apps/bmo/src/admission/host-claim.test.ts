import { expect, test } from '@jest/globals';
import type { HostClaim } from '@metal3/metal3-api';
import { aClaim } from '../host-claim/testing.ts';
import { claimViolations } from './host-claim.ts';

const expression = (operator: string, values: string[], key = 'size'): Partial<HostClaim['spec']> => ({
  hostSelector: { matchExpressions: [{ key, operator, values }] },
});
const at = 'spec.hostSelector.matchExpressions[0]';

test.each<[sentence: string, claim: HostClaim, fields: readonly string[]]>([
  ['is fine with nothing but power', aClaim(), []],
  [
    'is fine with labels',
    aClaim({ spec: { hostSelector: { matchLabels: { 'example.com/rack': '7', size: '' } } } }),
    [],
  ],
  ['takes upstream’s operators', aClaim({ spec: expression('notin', ['big', 'huge']) }), []],
  ['takes those of Kubernetes', aClaim({ spec: expression('DoesNotExist', []) }), []],
  ['names no unknown operator', aClaim({ spec: expression('like', ['b']) }), [at]],
  ['gives == one value', aClaim({ spec: expression('==', ['big', 'huge']) }), [at]],
  ['gives In a value', aClaim({ spec: expression('In', []) }), [at]],
  ['gives Exists none', aClaim({ spec: expression('exists', ['big']) }), [at]],
  ['writes keys as label keys', aClaim({ spec: expression('exists', [], 'a b') }), [`${at}.key`]],
  ['writes values as label values', aClaim({ spec: expression('in', ['a b']) }), [`${at}.values[0]`]],
  [
    'writes labels as labels',
    aClaim({ spec: { hostSelector: { matchLabels: { '-rack': 'x'.repeat(64) } } } }),
    ['spec.hostSelector.matchLabels', 'spec.hostSelector.matchLabels[-rack]'],
  ],
  [
    'fetches its image by a known scheme',
    aClaim({ spec: { image: { url: 'file:///os', checksum: 'x' } } }),
    ['spec.image.url'],
  ],
  [
    'has a checksum for its image',
    aClaim({ spec: { image: { url: 'http://192.0.2.2/os' } } }),
    ['spec.image.checksum'],
  ],
  [
    'asks for reboots in a way that can be read',
    aClaim({ metadata: { annotations: { 'reboot.metal3.io/x': '{"mode":"gently"}' } } }),
    ['metadata.annotations[reboot.metal3.io/x]'],
  ],
])('a claim %s', (_sentence, claim, fields) => {
  expect(claimViolations(claim).map(({ field }) => field)).toEqual(fields);
});
