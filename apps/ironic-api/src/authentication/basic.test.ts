import { expect, test } from '@jest/globals';
import { fastestMs } from '@metal3/testing';
import { hashSync } from 'bcryptjs';
import { basicAuthentication, parseHtpasswd } from './basic.ts';

const hash = hashSync('secret', 4);
const users = parseHtpasswd(`# operators\nadmin:${hash.replace('$2b$', '$2y$')}\n`);
const header = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

test('a user of the htpasswd file is let in, the second time from memory', async () => {
  const costly = new Map([['admin', hashSync('secret', 10)]]);
  const authenticate = basicAuthentication(() => costly);
  const ask = async () => expect(await authenticate(header('admin:secret'))).toEqual({ name: 'admin' });
  const first = await fastestMs(ask, 1);
  expect(await fastestMs(ask)).toBeLessThan(first / 5);
});

test('a changed hash makes what was remembered worthless', async () => {
  let current = users;
  const authenticate = basicAuthentication(() => current);
  await authenticate(header('admin:secret'));
  current = new Map([['admin', hashSync('other', 4)]]);
  await expect(authenticate(header('admin:secret'))).rejects.toMatchObject({ httpStatus: 401 });
});

test.each<[sentence: string, authorization: string | undefined, status: number, message: string]>([
  ['no header asks for one', undefined, 401, 'Authorization required'],
  ['a wrong password is refused', header('admin:wrong'), 401, 'Incorrect username or password'],
  ['an unknown user looks like a wrong password', header('nobody:secret'), 401, 'Incorrect username or password'],
  ['another scheme is malformed', 'Bearer abc', 400, 'Unsupported authorization type'],
  ['what is not base64 is malformed', 'Basic a*b', 400, 'Could not decode'],
  ['a header of one word is malformed', 'Basic', 400, 'Could not parse'],
])('%s', async (_sentence, authorization, status, message) => {
  await expect(basicAuthentication(() => users)(authorization)).rejects.toMatchObject({
    httpStatus: status,
    message: expect.stringContaining(message),
  });
});

test('only bcrypt hashes are taken', () => {
  expect(() => parseHtpasswd('admin:{SHA}abc')).toThrow('line 1');
});
