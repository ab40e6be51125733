import { setTimeout as sleep } from 'node:timers/promises';
import { basicAccount } from './basic-account.ts';
import { enrolmentOf, listMachines } from './data-centre.ts';
import { refuseTakenPort } from './listen-address.ts';
import { ironicHalf } from './programs.ts';
import type { Run } from './run-stack.ts';
import { startStack } from './stack.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Ironic without Kubernetes: REST API, conductor and pxe-server, and simulated machines when asked for. */
export async function runIronicOnly({ root, options, state, signal }: Run): Promise<void> {
  const began = Date.now();
  if (options.port !== undefined) await refuseTakenPort(options.listen, options.port);
  const account = options.auth === 'basic' ? await basicAccount(state) : undefined;
  const stack = await startStack({
    root,
    dir: state.path,
    hosts: options.hosts,
    namespace: '',
    services: ironicHalf,
    redisUrl: options.redisUrl,
    postgresUrl: options.postgresUrl,
    restPort: options.port,
    htpasswdFile: account?.htpasswdFile,
    listen: options.listen,
    timeScale: options.timeScale,
    signal,
    say: print,
  });
  try {
    const drivers = await driversOffered(stack.restUrl, account?.headers, signal);
    print(
      `ready after ${((Date.now() - began) / 1000).toFixed(1)} s: ${stack.restUrl}/v1, drivers ${drivers.join(', ')}`,
    );
    print('');
    print(`  export OS_ENDPOINT=${stack.restUrl} ${authEnvironment(account?.passwordFile)}`);
    print('  openstack baremetal node list');
    if (stack.fleetUrl !== undefined) {
      const [first] = await listMachines(stack.fleetUrl);
      if (first !== undefined) print(`  ${enrolmentOf(first, stack.fleetUrl)}`);
      print(`  curl ${stack.fleetUrl}/fleet/machines    # the simulated machines`);
    }
    print(`  logs: ${stack.logDir}`);
    if (options.once || signal.aborted) return;
    print('\neverything keeps running; Ctrl-C ends it');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    await stack.stop();
  }
}

/** A conductor registers a moment after the API is up; before that the API has no drivers, and nothing can be enrolled. */
const longestWaitForDrivers = 30_000;

/** The hardware types that conductors offer, once there are any. @throws Error when none comes up in time */
async function driversOffered(
  restUrl: string,
  headers: Readonly<Record<string, string>> | undefined,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const until = Date.now() + longestWaitForDrivers;
  while (Date.now() < until && !signal.aborted) {
    const reply = await fetch(`${restUrl}/v1/drivers`, {
      headers: { 'x-openstack-ironic-api-version': '1.89', ...headers },
    });
    if (!reply.ok)
      throw new Error(`the Ironic API answered ${reply.status} to the list of drivers: ${await reply.text()}`);
    const { drivers } = (await reply.json()) as { readonly drivers: readonly { readonly name: string }[] };
    if (drivers.length > 0) return drivers.map(({ name }) => name);
    await sleep(200, undefined, { signal }).catch(() => undefined);
  }
  if (signal.aborted) return [];
  throw new Error(`no conductor has registered within ${longestWaitForDrivers / 1000} s; see its log`);
}

function authEnvironment(passwordFile: string | undefined): string {
  if (passwordFile === undefined) return 'OS_AUTH_TYPE=none';
  return `OS_AUTH_TYPE=http_basic OS_USERNAME=admin OS_PASSWORD=$(cut -d: -f2 ${passwordFile})`;
}
