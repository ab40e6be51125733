import { expect, test } from '@jest/globals';
import { addFinalizer, hasFinalizer, removeFinalizer } from './finalizers.ts';
import { findOwner, ownerReference, removeOwnerReference, setOwnerReference } from './owner-references.ts';

const owner = { apiVersion: 'cluster.x-k8s.io/v1beta1', kind: 'Machine', metadata: { name: 'm', uid: 'u1' } };

test('adds an owner once, whatever its version, and refreshes what changed', () => {
  const draft = { metadata: {} };
  const reference = ownerReference(owner, { controller: true });
  expect(setOwnerReference(draft, reference)).toBe(true);
  expect(setOwnerReference(draft, reference)).toBe(false);
  expect(setOwnerReference(draft, { ...reference, apiVersion: 'cluster.x-k8s.io/v1beta2', uid: 'u2' })).toBe(true);
  expect(draft).toEqual({
    metadata: {
      ownerReferences: [
        { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine', name: 'm', uid: 'u2', controller: true },
      ],
    },
  });
  expect(findOwner(draft, 'cluster.x-k8s.io', 'Machine')?.uid).toBe('u2');
  expect(findOwner(draft, 'other.io', 'Machine')).toBeUndefined();
  expect(removeOwnerReference(draft, reference)).toBe(true);
  expect(removeOwnerReference(draft, reference)).toBe(false);
});

test('adds and takes off finalizers, saying whether that changed anything', () => {
  const draft = { metadata: {} };
  expect([addFinalizer(draft, 'a/b'), addFinalizer(draft, 'a/b'), hasFinalizer(draft, 'a/b')]).toEqual([
    true,
    false,
    true,
  ]);
  expect([removeFinalizer(draft, 'a/b'), removeFinalizer(draft, 'a/b'), hasFinalizer(draft, 'a/b')]).toEqual([
    true,
    false,
    false,
  ]);
});
