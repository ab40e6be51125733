// The user guide, typed by somebody who has never seen the project: its commands, its files, what it says they print.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startReader, type Reader } from '../reader.ts';

const pages = ['README.md', 'pools.md', 'claims.md', 'troubleshooting.md', 'migration.md'];
let reader: Reader;
let commands = 0;

beforeAll(async () => {
  reader = await startReader();
}, 900_000);
afterAll(() => reader?.stop());

describe.each(pages)('docs/ipam/%s', (page) => {
  test('does what it says, command by command', async () => {
    commands += await reader.follow(`docs/ipam/${page}`);
  }, 600_000);
});

test('the guide has commands to follow', () => {
  expect(commands).toBeGreaterThan(25);
});
