import { expect, test } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { kindOf, renderExample } from './examples.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

test('an example names the value it lacks', () => {
  expect(() => renderExample(root, 'ipam/pool.yaml', {})).toThrow(
    'examples/ipam/pool.yaml needs a value for ${NAMESPACE}',
  );
});

test('values are filled in', () => {
  const [pool] = renderExample(root, 'ipam/pool.yaml', { NAMESPACE: 'lab' });
  expect(pool).toMatchObject({ kind: 'IPPool', metadata: { namespace: 'lab' } });
});

test.each([
  [
    { apiVersion: 'v1', kind: 'Secret' },
    { group: '', version: 'v1', plural: 'secrets' },
  ],
  [
    { apiVersion: 'metal3.io/v1alpha1', kind: 'BareMetalHost' },
    { group: 'metal3.io', version: 'v1alpha1', plural: 'baremetalhosts' },
  ],
  [
    { apiVersion: 'metal3.io/v1alpha1', kind: 'HostDeployPolicy' },
    { group: 'metal3.io', version: 'v1alpha1', plural: 'hostdeploypolicies' },
  ],
])('%j is addressed by %j', (object, address) => {
  expect(kindOf(object)).toMatchObject(address);
});
