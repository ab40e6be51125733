import { expect, test } from '@jest/globals';
import { sha256Crypt } from './sha256-crypt.ts';

// The first is of the specification; the others are what the crypt of glibc makes of them.
test.each([
  ['Hello world!', 'saltstring', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['secret', 'abcdefghijklmnop', '$5$abcdefghijklmnop$i7zHaTeYqXlesRXJ8dXj6o.MEFQdzfIJpJpcWAtszs6'],
  [
    'ünï cödé and a long one, longer than any digest of thirty-two bytes',
    'x',
    '$5$x$7efwu.iWlADsz49rNC4sqdi28xXskxxn9R0pTaPDjn6',
  ],
  ['', 'empty', '$5$empty$3K9/D2YPFYWGxmrKN0aBSx.KoWwkHU6Pdzn3GnrLXz6'],
])('%j with salt %j is %s', (password, salt, expected) => {
  expect(sha256Crypt(password, salt)).toBe(expected);
});
