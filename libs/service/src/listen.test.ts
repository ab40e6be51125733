import { expect, test } from '@jest/globals';
import { isLoopback, parseListen } from './listen.ts';

test.each([
  ['127.0.0.1:80', { host: '127.0.0.1', port: 80 }],
  ['[::1]:443', { host: '::1', port: 443 }],
  [':8080', { host: '::', port: 8080 }],
  ['host.example:0', { host: 'host.example', port: 0 }],
])('%s is understood', (text, listen) => {
  expect(parseListen(text)).toEqual(listen);
});

test.each(['', '80', '127.0.0.1', '127.0.0.1:x', '::1:80', 'a:65536', 'a:b:80'])('"%s" is refused', (text) => {
  expect(() => parseListen(text)).toThrow(expect.objectContaining({ code: 'INVALID-ARGUMENT' }));
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['10.0.0.1', false],
  ['127.evil.example', false],
])('%s is of this machine alone: %s', (host, own) => {
  expect(isLoopback(host)).toBe(own);
});
