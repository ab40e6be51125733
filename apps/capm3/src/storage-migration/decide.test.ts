import { expect, test } from '@jest/globals';
import type { CustomResourceDefinition } from '@metal3/kube-client';
import { versionToStore } from './decide.ts';

const crd = (storedVersions?: string[]): CustomResourceDefinition => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'things.example.com' },
  spec: {
    group: 'example.com',
    names: { kind: 'Thing', plural: 'things' },
    versions: [
      { name: 'v1beta1', served: true, storage: false },
      { name: 'v1beta2', served: true, storage: true },
    ],
  },
  ...(storedVersions !== undefined && { status: { storedVersions } }),
});

test.each([
  ['an older version was stored once', ['v1beta1', 'v1beta2'], 'v1beta2'],
  ['nothing was stored in the new version yet', ['v1beta1'], 'v1beta2'],
  ['all is in the new version', ['v1beta2'], undefined],
  ['the CRD is not established yet', undefined, undefined],
])('where %s, stored versions %j are to become %s', (_when, stored, wanted) => {
  expect(versionToStore(crd(stored))).toBe(wanted);
});
