import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fakeClock } from '@metal3/testing';
import { checkEndpoints } from './endpoint-check.ts';

let server: Server;
let url: string;
let asked = 0;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/late' && ++asked < 3) response.writeHead(503);
    else if (request.url === '/never') response.writeHead(503);
    response.end('the database does not answer\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

async function check(...paths: readonly string[]) {
  const lines: string[] = [];
  const clock = { ...fakeClock(), now: () => seconds * 1_000, sleep: async () => void seconds++ };
  let seconds = 0;
  const endpoints = paths.map((path) => ({ means: `${path} answers`, url: `${url}${path}` }));
  const works = await checkEndpoints(endpoints, { clock, timeoutMs: 5_000, report: (line) => lines.push(line) });
  return { works, lines };
}

test('a release works when everything answers, if only after a while', async () => {
  expect(await check('/ready', '/late')).toEqual({
    works: true,
    lines: ['ok     /ready answers', 'ok     /late answers'],
  });
  expect(asked).toBe(3);
});

test('the first that does not answer in time ends the check, with its own words', async () => {
  expect(await check('/never', '/ready')).toEqual({
    works: false,
    lines: [`FAILED /never answers: ${url}/never answers 503: the database does not answer`],
  });
});

test('what cannot be reached is told with the reason', async () => {
  await new Promise((resolve) => server.close(resolve));
  expect((await check('/ready')).lines[0]).toMatch(/cannot be reached: .*ECONNREFUSED/);
});
