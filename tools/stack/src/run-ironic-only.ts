import { basicAccount } from './basic-account.ts';
import { ironicHalf } from './programs.ts';
import type { Run } from './run-stack.ts';
import { startStack } from './stack.ts';

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Ironic without Kubernetes: REST API, conductor and pxe-server, and simulated machines when asked for. */
export async function runIronicOnly({ root, options, state, signal }: Run): Promise<void> {
  const began = Date.now();
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
    say: print,
  });
  try {
    const drivers = await fetch(`${stack.restUrl}/v1/drivers`, {
      headers: { 'x-openstack-ironic-api-version': '1.89', ...account?.headers },
    });
    if (!drivers.ok)
      throw new Error(`the Ironic API answered ${drivers.status} to the list of drivers: ${await drivers.text()}`);
    const { drivers: list } = (await drivers.json()) as { drivers: { name: string }[] };
    print(
      `ready after ${((Date.now() - began) / 1000).toFixed(1)} s: ${stack.restUrl}/v1, drivers ${list.map(({ name }) => name).join(', ')}`,
    );
    print('');
    print(`  export OS_ENDPOINT=${stack.restUrl} ${authEnvironment(account?.passwordFile)}`);
    print('  openstack baremetal node list');
    if (stack.fleetUrl !== undefined) print(`  curl ${stack.fleetUrl}/fleet/machines    # the simulated machines`);
    print(`  logs: ${stack.logDir}`);
    if (options.once || signal.aborted) return;
    print('\neverything keeps running; Ctrl-C ends it');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    await stack.stop();
  }
}

function authEnvironment(passwordFile: string | undefined): string {
  if (passwordFile === undefined) return 'OS_AUTH_TYPE=none';
  return `OS_AUTH_TYPE=http_basic OS_USERNAME=admin OS_PASSWORD=$(cut -d: -f2 ${passwordFile})`;
}
