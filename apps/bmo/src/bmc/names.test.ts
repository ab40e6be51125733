import { expect, test } from '@jest/globals';
import { bmcNames } from './names.ts';

test('names are looked up, once a minute at most; addresses speak for themselves', async () => {
  const asked: string[] = [];
  let now = 0;
  const reachedOverV6 = bmcNames(
    async (name) => {
      asked.push(name);
      return { family: name.startsWith('six') ? 6 : 4 };
    },
    { now: () => now },
  );
  expect(await reachedOverV6('2001:db8::1')).toBe(true);
  expect(await reachedOverV6('192.0.2.1')).toBe(false);
  expect(await reachedOverV6('')).toBe(false);
  expect(asked).toEqual([]);
  expect(await reachedOverV6('six.example')).toBe(true);
  expect(await reachedOverV6('four.example')).toBe(false);
  now = 59_000;
  expect(await reachedOverV6('six.example')).toBe(true);
  expect(asked).toEqual(['six.example', 'four.example']);
  now = 60_000;
  await reachedOverV6('six.example');
  expect(asked).toHaveLength(3);
});

test('a resolver that fails leaves what is known; of a name that never had an address nothing is', async () => {
  let works = true;
  let now = 0;
  let asked = 0;
  const reachedOverV6 = bmcNames(
    async () => {
      asked += 1;
      if (!works) throw new Error('EAI_AGAIN');
      return { family: 6 };
    },
    { now: () => now },
  );
  expect(await reachedOverV6('six.example')).toBe(true);
  works = false;
  now = 120_000;
  expect(await reachedOverV6('six.example')).toBe(true);
  expect(await reachedOverV6('other.example')).toBeUndefined();
  expect(await reachedOverV6('other.example')).toBeUndefined();
  expect(asked).toBe(3);
});
