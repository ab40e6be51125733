import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Machine, eventually } from '@metal3/testing';

/** What a real client made of a server's answers: the variables that it hands to its script. */
export type ClientResult = Readonly<Record<string, string>>;

/** Runs busybox' udhcpc once. Rejects when it gets no lease. */
export async function udhcpc(machine: Machine, folder: string, ...flags: string[]): Promise<ClientResult> {
  const dir = await mkdtemp(join(folder, 'udhcpc-'));
  const [script, result] = [join(dir, 'script'), join(dir, 'result')];
  await writeFile(
    script,
    `#!/bin/sh\nif [ "$1" = bound ]; then env > ${result}; ip address flush dev "$interface"; ip address add "$ip/$mask" dev "$interface"; fi\n`,
    { mode: 0o755 },
  );
  // -f: stays in the foreground, -q: ends with the lease, -n: fails without one.
  await machine.run('busybox', 'udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '4', '-T', '2', '-s', script, ...flags);
  return variables(await readFile(result, 'utf8'));
}

/** Runs ISC dhclient until its first lease, then ends it. Rejects when it gets none in this time, in ms. */
export async function dhclient(
  machine: Machine,
  folder: string,
  config: string,
  { timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {},
  ...flags: string[]
): Promise<ClientResult> {
  const dir = await mkdtemp(join(folder, 'dhclient-'));
  const [script, result, conf] = [join(dir, 'script'), join(dir, 'result'), join(dir, 'dhclient.conf')];
  // The script is also called before it begins; only an answer brings an address.
  await writeFile(script, `#!/bin/sh\n[ -z "$new_ip_address$new_ip6_address" ] || env > ${result}\n`, { mode: 0o755 });
  await writeFile(conf, config);
  const files = ['-sf', script, '-cf', conf, '-lf', join(dir, 'leases'), '-pf', join(dir, 'pid')];
  const child = machine.start('dhclient', '-1', '-d', ...files, ...flags, 'eth0');
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-2_000)));
  const exit = once(child, 'exit');
  try {
    const lease = await eventually(
      async () => {
        const got = variables(await readFile(result, 'utf8').catch(() => ''));
        if (got['reason'] !== undefined) return got;
        return child.exitCode === null ? undefined : 'none';
      },
      { timeoutMs },
    );
    if (lease === 'none') throw new Error(`dhclient ended with ${child.exitCode}:\n${said}`);
    return lease;
  } finally {
    child.kill('SIGKILL');
    await exit;
  }
}

const variables = (text: string): ClientResult =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => (line.includes('=') ? [line.split(/=(.*)/s).slice(0, 2)] : [])),
  );
