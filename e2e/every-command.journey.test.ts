import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startIronicReplicas, type IronicReplicas } from './ironic-pair.ts';
import { openstackProgram } from './openstack-cli.ts';

interface Outcome {
  readonly command: string;
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

interface Line {
  readonly command: string;
  /** What the refusal says; undefined for a command that must work. */
  readonly refusal: string | undefined;
}

const folder = join(import.meta.dirname, 'openstack-commands');
const lines: readonly Line[] = readFileSync(join(folder, 'commands.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [, refusal, command] = /^! (.*?) :: (.*)$/.exec(line) ?? [];
    return { command: command ?? line, refusal };
  });

let ironic: IronicReplicas;
let program: string;
let outcomes: readonly Outcome[];

beforeAll(async () => {
  [program, ironic] = await Promise.all([
    openstackProgram(),
    startIronicReplicas({ replicas: 1, conductorArgs: ['--hostname', 'conductor-1'] }),
  ]);
  outcomes = await runAll(join(dirname(program), 'python'), ironic.endpoints[0] ?? '');
}, 600_000);
afterAll(() => ironic.stop());

/** Runs all commands in one process of the client: starting it takes seconds. */
function runAll(python: string, endpoint: string): Promise<readonly Outcome[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-W', 'ignore', join(folder, 'run.py')], {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], OS_AUTH_TYPE: 'none', OS_ENDPOINT: endpoint },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let written = '';
    child.stdout.on('data', (chunk) => (written += String(chunk)));
    child.on('error', reject);
    child.on('close', () => {
      const answers = written.split('\n').filter((line) => line !== '');
      resolve(answers.map((line) => JSON.parse(line) as Outcome));
    });
    child.stdin.end(lines.map(({ command }) => command).join('\n'));
  });
}

test.each(lines.map((line, index) => [line.command, line, index] as const))('baremetal %s', (_name, line, index) => {
  const outcome = outcomes[index];
  expect(outcome?.command).toBe(line.command);
  if (line.refusal === undefined) {
    expect({ status: outcome?.status, err: outcome?.status === 0 ? '' : outcome?.err }).toEqual({ status: 0, err: '' });
  } else {
    expect(outcome?.err).toContain(line.refusal);
    expect(outcome?.status).not.toBe(0);
  }
});

test('no command of the client is left out', async () => {
  const { stdout } = await promisify(execFile)(
    program,
    ['command', 'list', '--group', 'openstack.baremetal.v1', '-f', 'json'],
    {
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    },
  );
  const known = (JSON.parse(stdout) as readonly { readonly Commands: readonly string[] }[]).flatMap(
    ({ Commands }) => Commands,
  );
  const names = known.map((name) => name.replace(/^baremetal /, ''));
  expect(names.length).toBeGreaterThan(100);
  expect(names.filter((name) => !lines.some(({ command }) => `${command} `.startsWith(`${name} `)))).toEqual([]);
});
