import { afterEach, expect, jest, test } from '@jest/globals';
import { readOptions } from './options.ts';

const read = (...args: string[]) => readOptions(['node', 'start', ...args], '/state');

afterEach(() => void jest.restoreAllMocks());

/** What the user sees of a command line that is not understood. */
function complaintAbout(...args: string[]): string {
  let text = '';
  jest.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  jest.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Error(`exit ${code}`);
  });
  expect(() => read(...args)).toThrow('exit 1');
  return text;
}

test('without arguments: five hosts, everything on loopback, no password', () => {
  expect(read()).toMatchObject({ hosts: 5, listen: '127.0.0.1', auth: 'none', port: undefined, only: undefined });
});

test('only the Ironic half: the port that Ironic has everywhere, and no machines unless asked for', () => {
  expect(read('--only', 'ironic')).toMatchObject({ hosts: 0, port: 6385 });
  expect(read('--only', 'ironic', '--hosts', '3', '--port', '7000')).toMatchObject({ hosts: 3, port: 7000 });
});

test('what listens beyond this machine asks for a password, unless told not to', () => {
  expect(read('--listen', '0.0.0.0').auth).toBe('basic');
  expect(read('--listen', '0.0.0.0', '--auth', 'none').auth).toBe('none');
  expect(read('--listen', '127.0.0.2').auth).toBe('none');
});

test.each([
  [['--hosts', '-1'], 'from 0 to 5000'],
  [['--hosts', '1000000'], 'from 0 to 5000'],
  [['--port', '99999'], 'from 1 to 65535'],
  [['--timeout', '0'], 'from 1 to 86400'],
  [['--time-scale', 'slow'], 'a number from 0'],
  [['--namespace', 'UPPER_case'], 'lower case letters'],
  [['--listen', 'nonsense'], 'an IPv4 address of this machine: 127.0.0.1'],
  [['--listen', '192.0.2.77'], 'an IPv4 address of this machine'],
  [['--redis-url', 'nonsense'], 'redis://HOST:PORT'],
  [['--postgres-url', 'http://127.0.0.1'], 'postgres://HOST:PORT'],
  [['--only', 'kubernetes'], 'Allowed choices are ironic'],
  [['--hots', '5'], 'unknown option'],
])('%p is refused, saying what would do', (args, remedy) => {
  const complaint = complaintAbout(...args);
  expect(complaint).toContain(remedy);
  expect(complaint).toContain(args[0]);
});
