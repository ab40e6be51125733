import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyPatch } from './apply.ts';
import { parsePatch, type PatchOperation } from './operations.ts';

const document = { extra: { a: 1, list: [1, 2] }, name: 'n' };

test.each<[sentence: string, patch: PatchOperation[], after: object]>([
  [
    'add creates a member',
    [{ op: 'add', path: '/extra/b', value: 2 }],
    { ...document, extra: { ...document.extra, b: 2 } },
  ],
  ['add replaces a member that exists', [{ op: 'add', path: '/name', value: 'm' }], { ...document, name: 'm' }],
  [
    'add inserts into a list',
    [{ op: 'add', path: '/extra/list/1', value: 9 }],
    { ...document, extra: { a: 1, list: [1, 9, 2] } },
  ],
  [
    'add appends with "-"',
    [{ op: 'add', path: '/extra/list/-', value: 3 }],
    { ...document, extra: { a: 1, list: [1, 2, 3] } },
  ],
  ['remove takes a member away', [{ op: 'remove', path: '/extra/a' }], { ...document, extra: { list: [1, 2] } }],
  [
    'operations see what those before did',
    [
      { op: 'add', path: '/extra/b', value: {} },
      { op: 'add', path: '/extra/b/c', value: 1 },
    ],
    { ...document, extra: { ...document.extra, b: { c: 1 } } },
  ],
])('%s', (_sentence, patch, after) => {
  expect(applyPatch(document, patch)).toEqual(after);
  expect(document).toEqual({ extra: { a: 1, list: [1, 2] }, name: 'n' });
});

test.each<[sentence: string, operation: PatchOperation, reason: string]>([
  [
    'replace wants a member that exists',
    { op: 'replace', path: '/extra/x', value: 1 },
    "can't replace a non-existent object 'x'",
  ],
  ['remove wants a member that exists', { op: 'remove', path: '/extra/x' }, "can't remove a non-existent object 'x'"],
  ['a path must lead somewhere', { op: 'add', path: '/extra/x/y', value: 1 }, "member 'x' not found"],
  ['a list ends somewhere', { op: 'remove', path: '/extra/list/2' }, "can't remove outside of list"],
])('%s', (_sentence, operation, reason) => {
  expect(() => applyPatch(document, [operation])).toThrow(`Reason: ${reason}`);
});

describe('the form of a patch', () => {
  test.each<[sentence: string, body: unknown, message: string]>([
    ['a patch is a list', { op: 'add' }, "{'op': 'add'} is not of type 'array'"],
    [
      'test, move and copy are not known',
      [{ op: 'test', path: '/name', value: 'x' }],
      "'test' is not one of ['add', 'replace', 'remove']",
    ],
    ['add and replace need a value', [{ op: 'replace', path: '/name' }], "'value' is a required property"],
    ['other keys are refused', [{ op: 'remove', path: '/name', from: '/x' }], "('from' was unexpected)"],
    ['paths hold words only before 1.98', [{ op: 'add', path: '/extra/a.b', value: 1 }], "'/extra/a.b' does not match"],
  ])('%s', (_sentence, body, message) => {
    expect(() => parsePatch(body, 89)).toThrow(message);
  });

  test('paths are JSON pointers from 1.98 on', () => {
    const patch = parsePatch([{ op: 'add', path: '/extra/a.b~1c', value: 1 }], 98);
    expect(applyPatch({ extra: {} }, patch)).toEqual({ extra: { 'a.b/c': 1 } });
  });
});

test('adding a member and removing it again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^\w{1,8}$/), fc.jsonValue()),
      fc.stringMatching(/^\w{1,8}$/),
      fc.jsonValue(),
      (object, key, value) => {
        fc.pre(!Object.hasOwn(object, key));
        const patch: PatchOperation[] = [
          { op: 'add', path: `/${key}`, value },
          { op: 'remove', path: `/${key}` },
        ];
        expect(applyPatch(object, patch)).toEqual(object);
      },
    ),
  );
});
