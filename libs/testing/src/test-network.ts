import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A machine of the test network: a network namespace with a card, `eth0`, and one more (`eth1`, ...) for each of `also`. */
export interface Machine {
  readonly namespace: string;
  readonly mac: string;
  /** Runs a program to its end; rejects with its output when it fails. */
  run(file: string, ...args: string[]): Promise<string>;
  /** Starts a program that goes on; it ends with the network. */
  start(file: string, ...args: string[]): ChildProcess;
}

export interface TestNetwork {
  /** @param address with prefix, `192.0.2.1/24`; undefined for none yet */
  machine(
    name: string,
    options: {
      readonly mac?: string;
      readonly address?: string;
      readonly on?: string;
      readonly also?: readonly { readonly address: string; readonly on: string }[];
    },
  ): Promise<Machine>;
  /** Ends the programs and takes everything down. */
  close(): Promise<void>;
}

let networks = 0;

/**
 * A network of its own: one namespace with a bridge, and one for each machine. Nothing of it touches the networks of the computer.
 * @throws Error that says what to do when namespaces cannot be made here
 */
export async function testNetwork(): Promise<TestNetwork> {
  const prefix = `m3t${process.pid}x${networks++}`;
  const made: string[] = [];
  const children: ChildProcess[] = [];
  const bridges = new Set<string>();
  const ip = (...args: string[]) => run('ip', args);
  const namespace = async (name: string) => {
    try {
      await ip('netns', 'add', name);
    } catch (error) {
      throw new Error(
        'these tests make network namespaces, which takes root (CAP_NET_ADMIN and CAP_SYS_ADMIN) and the package iproute2; ' +
          `run them as root, or only the others: npm test -- --suite unit,integration (${(error as Error).message.trim()})`,
        { cause: error },
      );
    }
    made.push(name);
    // Duplicate address detection would keep IPv6 addresses back for a second or two, and dhclient gives up when it has none to speak from.
    const noDetection = 'for kind in all default; do echo 0 > /proc/sys/net/ipv6/conf/$kind/accept_dad; done';
    await ip('netns', 'exec', name, 'sh', '-c', noDetection);
    await ip('-n', name, 'link', 'set', 'lo', 'up');
    return name;
  };
  const hub = await namespace(`${prefix}-hub`);
  let cards = 0;
  const nextMac = () => `52:54:00:00:ff:${(cards + 16).toString(16)}`;

  async function bridge(name: string): Promise<void> {
    if (bridges.has(name)) return;
    bridges.add(name);
    await ip('-n', hub, 'link', 'add', name, 'type', 'bridge', 'forward_delay', '0', 'mcast_snooping', '0');
    await ip('-n', hub, 'link', 'set', name, 'up');
  }

  async function plug(machine: string, card: string, on: string, mac: string): Promise<void> {
    await bridge(on);
    const port = `p${cards++}`;
    await ip('-n', hub, 'link', 'add', port, 'type', 'veth', 'peer', 'name', card, 'netns', machine);
    await ip('-n', hub, 'link', 'set', port, 'master', on, 'up');
    await ip('-n', machine, 'link', 'set', card, 'address', mac, 'up');
  }

  return {
    async machine(name, { mac = nextMac(), address, on = 'br0', also = [] }) {
      const own = await namespace(`${prefix}-${name}`);
      await plug(own, 'eth0', on, mac);
      if (address !== undefined) await ip('-n', own, 'address', 'add', address, 'dev', 'eth0');
      for (const [index, other] of also.entries()) {
        await plug(own, `eth${index + 1}`, other.on, nextMac());
        await ip('-n', own, 'address', 'add', other.address, 'dev', `eth${index + 1}`);
      }
      return {
        namespace: own,
        mac,
        async run(file, ...args) {
          const { stdout, stderr } = await run('ip', ['netns', 'exec', own, file, ...args], {
            maxBuffer: 64 << 20,
            timeout: 120_000,
          });
          return stdout + stderr;
        },
        start(file, ...args) {
          const child = spawn('ip', ['netns', 'exec', own, file, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
          children.push(child);
          return child;
        },
      };
    },
    async close() {
      const living = children.filter((child) => child.exitCode === null && child.signalCode === null);
      const gone = living.map((child) => new Promise((done) => child.once('exit', done)));
      for (const child of living) child.kill('SIGTERM');
      const hard = setTimeout(() => living.forEach((child) => child.kill('SIGKILL')), 5_000);
      await Promise.all(gone);
      clearTimeout(hard);
      for (const name of made.reverse()) execFileSync('ip', ['netns', 'delete', name]);
    },
  };
}
