import { expect, test } from '@jest/globals';
import { reachedUrl } from './reached-url.ts';

const iso = 'http://192.0.2.1:6180/boot/cap/boot.iso';

test.each([
  ['no URL of its own', {}, iso, iso],
  ['an empty URL', { external_http_url: '' }, iso, iso],
  ['a URL', { external_http_url: 'http://[2001:db8::1]:6180' }, iso, 'http://[2001:db8::1]:6180/boot/cap/boot.iso'],
  ['a URL with a path', { external_http_url: 'https://boot.example/a/' }, iso, 'https://boot.example/a/boot/cap/boot.iso'], // prettier-ignore
  ['a URL, where pxe-server is below a path', { external_http_url: 'http://b' }, 'http://a/boot/x/boot/cap/boot.iso', 'http://b/boot/cap/boot.iso'], // prettier-ignore
  ['a URL, for an ISO of another server', { external_http_url: 'http://b' }, 'http://c/boot/live.iso', 'http://c/boot/live.iso'], // prettier-ignore
])('a node with %s reaches its medium there', (_what, driverInfo, url, expected) => {
  expect(reachedUrl({ driverInfo }, { capability: 'cap' }, url)).toBe(expected);
});
