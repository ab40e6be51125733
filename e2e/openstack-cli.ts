import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '@metal3/local-servers';

const run = promisify(execFile);

/** The stock client, as people install it. */
const packages = ['python-openstackclient==10.5.0', 'python-ironicclient==6.3.0'];

/** The `openstack` program: the one named by OPENSTACK_CLI, or one of its own in the cache folder, installed from PyPI once. */
export async function openstackProgram(): Promise<string> {
  const named = process.env['OPENSTACK_CLI'];
  if (named !== undefined && named !== '') return named;
  const home = join(cacheDir(), `openstack-cli-${packages.map((name) => name.split('==')[1]).join('-')}`);
  const program = join(home, 'bin', 'openstack');
  if (existsSync(program)) return program;

  await mkdir(cacheDir(), { recursive: true });
  await rm(home, { recursive: true, force: true });
  try {
    await run('python3', ['-m', 'venv', home]);
    await run(join(home, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages], {
      timeout: 300_000,
    });
  } catch (error) {
    // A half-made environment must not be taken for a whole one the next time.
    await rename(home, `${home}.broken-${process.pid}`).catch(() => undefined);
    await rm(`${home}.broken-${process.pid}`, { recursive: true, force: true });
    throw new Error(
      'the openstack client cannot be installed; install python3-venv and see that PyPI can be reached, or set OPENSTACK_CLI',
      { cause: error },
    );
  }
  return program;
}

/** `openstack baremetal ...` against one API without authentication. */
export interface BaremetalCli {
  /** Runs a command; its standard output. @throws Error with what the client wrote on standard error */
  (...args: readonly string[]): Promise<string>;
  /** The JSON of a command that shows something. */
  json<T>(...args: readonly string[]): Promise<T>;
}

export function baremetalCli(program: string, endpoint: string): BaremetalCli {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], OS_AUTH_TYPE: 'none', OS_ENDPOINT: endpoint };
  const baremetal = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run(program, ['baremetal', ...args], {
      env,
      timeout: 120_000,
      maxBuffer: 64 * 1024 * 1024,
    });
    return stdout;
  };
  return Object.assign(baremetal, {
    json: async <T>(...args: readonly string[]): Promise<T> => JSON.parse(await baremetal(...args, '-f', 'json')) as T,
  });
}
