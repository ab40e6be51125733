import { expect, test } from '@jest/globals';
import { decideNodeLabels, syncedPrefixes } from './decide.ts';

test.each([
  [undefined, 'none'],
  [' , ', 'none'],
  ['metal3.io', 'prefixes'],
  ['metal3.io, example.com,', 'prefixes'],
  ['Metal3', 'invalid'],
  ['metal3.io/rack', 'invalid'],
  ['a'.repeat(254), 'invalid'],
])('prefixes that are written %s are %s', (annotation, kind) => {
  expect(syncedPrefixes(annotation).kind).toBe(kind);
});

const prefixes = new Set(['metal3.io']);

test.each([
  ['a new label of the host goes to the Node', { 'metal3.io/rack': '7' }, {}, { 'metal3.io/rack': '7' }],
  ['another value is overwritten', { 'metal3.io/rack': '7' }, { 'metal3.io/rack': '6' }, { 'metal3.io/rack': '7' }],
  ['one that the host has no more is taken off', {}, { 'metal3.io/rack': '7' }, { 'metal3.io/rack': null }],
  ['what is the same already is not written', { 'metal3.io/rack': '7' }, { 'metal3.io/rack': '7' }, {}],
  ['labels of other prefixes and of subdomains stay as they are', { 'sub.metal3.io/a': '1', b: '2' }, { c: '3' }, {}],
] as [string, Record<string, string>, Record<string, string>, object][])('%s', (_sentence, host, node, patch) => {
  expect(decideNodeLabels(host, node, prefixes)).toEqual(patch);
});
