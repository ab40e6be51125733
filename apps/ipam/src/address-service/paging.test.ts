import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { pageOf } from './paging.ts';

const keyOf = (key: string) => key;

function readAll(things: readonly string[], pageSize: number): string[][] {
  const pages: string[][] = [];
  let pageToken = '';
  do {
    const page = pageOf(things, keyOf, { pageSize, pageToken });
    pages.push([...page.items]);
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  return pages;
}

test('the pages together hold everything once, in order, and none is larger than asked for', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string()), fc.integer({ min: 1, max: 7 }), (things, pageSize) => {
      const pages = readAll(things, pageSize);
      expect(pages.flat()).toEqual(things.toSorted((a, b) => (a < b ? -1 : 1)));
      expect(pages.every((page) => page.length <= pageSize)).toBe(true);
    }),
  );
});

test('what goes between two pages is missed by nobody else', () => {
  const first = pageOf(['a', 'b', 'c', 'd'], keyOf, { pageSize: 2, pageToken: '' });
  expect(first.items).toEqual(['a', 'b']);
  expect(pageOf(['a', 'c', 'd'], keyOf, { pageSize: 2, pageToken: first.nextPageToken })).toEqual({
    items: ['c', 'd'],
    nextPageToken: '',
  });
});

test('a page is of 500 unless asked otherwise, and never of more than 5,000', () => {
  const things = Array.from({ length: 6_000 }, (_, at) => String(at));
  expect(pageOf(things, keyOf, { pageSize: 0, pageToken: '' }).items).toHaveLength(500);
  expect(pageOf(things, keyOf, { pageSize: 9_999, pageToken: '' }).items).toHaveLength(5_000);
});

test.each([
  [-1, ''],
  [10, 'nonsense'],
])('a page size of %j with token %j is refused', (pageSize, pageToken) => {
  expect(() => pageOf([], keyOf, { pageSize, pageToken })).toThrow(
    expect.objectContaining({ code: 'ADDRESS-REQUEST-INVALID' }),
  );
});
