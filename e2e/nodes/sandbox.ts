import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startChild, type Child } from '@metal3/local-servers';

/** One container, ready to run. */
export interface Sandbox {
  readonly name: string;
  /** Folder of this machine for the container's root, script and log. */
  readonly dir: string;
  /** What its image has at /app. */
  readonly app: string;
  /** Folders of this machine by where the container sees them. */
  readonly mounts: readonly { readonly from: string; readonly to: string; readonly readOnly: boolean }[];
  /** The file that is its /etc/hosts; what is written to it later is seen. */
  readonly hosts: string;
  readonly user: number;
  readonly group: number;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs a container's command as the container runtime would, but on this machine's network: its root file system holds the image's
 * /app, Node, and the mounts; it is read-only, and the process has neither root's rights nor a way to get them. Needs root.
 */
export function startSandbox(sandbox: Sandbox): Child {
  const { name, dir, user, group, command, env } = sandbox;
  mkdirSync(join(dir, 'root'), { recursive: true });
  const script = join(dir, 'enter.sh');
  const identity = [`--reuid=${user}`, `--regid=${group}`, '--clear-groups'];
  const powerless = ['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs', '--pdeathsig', 'KILL'];
  const entered = ['/usr/bin/setpriv', ...identity, ...powerless, '--', ...command];
  writeFileSync(script, [...rootOf(sandbox), `exec chroot . ${entered.map(quoted).join(' ')}`, ''].join('\n'));
  return startChild({
    name,
    command: 'unshare',
    args: ['--mount', '--propagation', 'private', 'sh', '-e', script],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
    logFile: join(dir, 'log'),
  });
}

function rootOf({ dir, app, mounts, hosts }: Sandbox): string[] {
  const lines = [
    `cd ${quoted(dir)}`,
    'mount -t tmpfs -o mode=755 none root',
    'cd root',
    'mkdir -p usr proc dev etc app nodejs/bin',
    'for name in bin sbin lib lib64; do ln -s usr/$name $name; done',
    'mount --rbind /proc proc; mount --rbind /dev dev',
    'mount --bind -o ro /usr usr',
    `mount --bind -o ro ${quoted(app)} app`,
    'touch nodejs/bin/node etc/hosts',
    `mount --bind -o ro ${quoted(process.execPath)} nodejs/bin/node`,
    `mount --bind -o ro ${quoted(hosts)} etc/hosts`,
    "echo 'hosts: files dns' > etc/nsswitch.conf",
  ];
  for (const { from, to, readOnly } of mounts) {
    lines.push(`mkdir -p .${quoted(to)}`, `mount --bind${readOnly ? ' -o ro' : ''} ${quoted(from)} .${quoted(to)}`);
  }
  return [...lines, 'mount -o remount,ro none .'];
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
