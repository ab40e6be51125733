import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { ip, type LabNetwork } from './network.ts';

/** Another machine on the lab's network, which runs one program. */
export interface Neighbour {
  stop(): Promise<void>;
}

/** Waits for its network card, takes the address and becomes the program. */
const script =
  'echo ready; read -r go; ip link set lo up; ip address add "$1" dev eth0; ip link set eth0 up; shift; exec "$@"';

/**
 * Starts a program on a machine of its own: a network namespace with one card, which goes with the program, and that with the lab.
 * @param name of its cable
 * @param address with prefix
 */
export async function startNeighbour(
  { bridge }: Pick<LabNetwork, 'bridge'>,
  name: string,
  address: string,
  command: readonly string[],
): Promise<Neighbour> {
  const child = spawn('unshare', ['--net', '--', 'sh', '-c', script, 'sh', address, ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // Where Debian puts servers, which is not on everybody's PATH.
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` },
  });
  const exit = once(child, 'exit');
  // Once it speaks it is in a namespace of its own.
  await Promise.race([once(child.stdout, 'data'), exit.then(() => Promise.reject(new Error(`${name} did not start`)))]);
  await ip('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(child.pid));
  await ip('link', 'set', name, 'master', bridge, 'up');
  child.stdin.end('go\n');
  return {
    async stop() {
      child.kill('SIGKILL');
      await exit;
      // The kernel does so too, but at its leisure.
      await ip('link', 'delete', name).catch(() => undefined);
    },
  };
}
