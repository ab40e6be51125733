import { expect, test } from '@jest/globals';
import { findDigest, readChecksum } from './checksum.ts';

const md5 = 'd'.repeat(32);
const sha256 = '0123456789abcdef'.repeat(4);
const sha512 = 'e'.repeat(128);
const image = 'http://host/path/os%20image.qcow2?x=1';

test.each([
  ['a lone digest', `${sha256}\n`],
  ['coreutils', `${'1'.repeat(64)}  other.qcow2\n${sha256}  os image.qcow2\n`],
  ['coreutils, binary', `${sha256} *os image.qcow2\n`],
  ['coreutils, with a folder', `${sha256}  ./images/os image.qcow2\n`],
  ['BSD', `SHA256 (os image.qcow2) = ${sha256.toUpperCase()}\n`],
  ['with comments', `# made today\n\n${sha256}  os image.qcow2\r\n`],
])('a checksum file is understood: %s', (_what, text) => {
  expect(findDigest(text, image, undefined, 'http://host/SUMS')).toEqual({ algorithm: 'sha256', value: sha256 });
});

test('of several digests of the image the one of the wanted algorithm counts', () => {
  const text = `${md5}  os image.qcow2\n${sha512}  os image.qcow2\n`;
  expect(findDigest(text, image, 'sha512', 'u')).toEqual({ algorithm: 'sha512', value: sha512 });
  expect(findDigest(text, image, undefined, 'u')).toEqual({ algorithm: 'md5', value: md5 });
});

test.each([
  ['of another image', `${sha256}  other.qcow2\n${sha256}  third\n`],
  ['that is a web page', '<html>not found</html>'],
  ['that is empty', ''],
])('a checksum file %s is refused', (_what, text) => {
  expect(() => findDigest(text, image, undefined, 'http://host/SUMS')).toThrow(
    expect.objectContaining({ code: 'IMAGE-CHECKSUM-UNREADABLE' }),
  );
});

test.each([
  ['auto', sha256, { kind: 'digest', expected: { algorithm: 'sha256', value: sha256 } }],
  ['', ` ${md5.toUpperCase()} `, { kind: 'digest', expected: { algorithm: 'md5', value: md5 } }],
  ['sha512', sha512, { kind: 'digest', expected: { algorithm: 'sha512', value: sha512 } }],
  ['md5', 'https://h/sums', { kind: 'file', url: 'https://h/sums', algorithm: 'md5' }],
])('type "%s" with %s', (type, checksum, expected) => {
  expect(readChecksum(checksum, type)).toEqual(expected);
});
