import { connectKubernetes, readKubeConfig } from '@metal3/kube-client';
import { basicAccount } from './basic-account.ts';
import { listMachines } from './data-centre.ts';
import { watchHosts } from './host-board.ts';
import { provisioning, release, travel, type LegTime } from './journey.ts';
import { refuseTakenPort } from './listen-address.ts';
import type { StartOptions } from './options.ts';
import { refuseForeignCluster } from './safety.ts';
import { startStack, type Stack } from './stack.ts';
import type { StateDir } from './state-dir.ts';
import { showHosts } from './table.ts';

/** One run of `npm start`. */
export interface Run {
  readonly root: string;
  readonly options: StartOptions;
  readonly state: StateDir;
  readonly signal: AbortSignal;
}

const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Starts everything, takes every host to provisioned, and with --once back again; otherwise runs until it is interrupted. */
export async function runStack({ root, options, state, signal }: Run): Promise<void> {
  const began = Date.now();
  if (options.kubeconfig !== undefined) await checkCluster(options.kubeconfig, options);
  const account = options.auth === 'basic' ? await basicAccount(state) : undefined;
  let say: (line: string) => void = print;
  if (options.port !== undefined) await refuseTakenPort(options.listen, options.port);
  print(`starting ${partsToStart(options)}`);
  const stack = await startStack({
    root,
    dir: state.path,
    hosts: options.hosts,
    namespace: options.namespace ?? 'metal3',
    kubeconfig: options.kubeconfig,
    redisUrl: options.redisUrl,
    postgresUrl: options.postgresUrl,
    restPort: options.port,
    htpasswdFile: account?.htpasswdFile,
    listen: options.listen,
    timeScale: options.timeScale,
    signal,
    say: (line) => say(line),
  });
  const { kubernetes: client, fleetUrl } = stack;
  try {
    if (client === undefined) throw new Error('the stack was started without Kubernetes');
    print(`ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const namespace = options.namespace ?? 'metal3';
    printPlaces(stack, namespace);
    if (fleetUrl !== undefined && !signal.aborted) {
      const board = watchHosts(client, namespace, stack.restUrl, account?.headers ?? {});
      const screen = process.stdout;
      const display = showHosts(
        {
          isTTY: screen.isTTY,
          columns: screen.columns || 200,
          rows: screen.rows || 50,
          write: (text) => void screen.write(text),
        },
        board.rows,
        Date.now,
      );
      say = display.say;
      try {
        const machines = await listMachines(fleetUrl);
        const timeoutMs = options.timeoutSeconds * 1000 * Math.max(1, Math.ceil(options.hosts / 50));
        const legs = options.once ? [...provisioning, ...release] : provisioning;
        const times = await travel(legs, {
          root,
          client,
          namespace,
          fleetUrl,
          machines,
          clusterApi: stack.clusterApi,
          board,
          timeoutMs,
          signal,
          say,
        });
        say = print;
        display.stop();
        printTimes(times);
      } finally {
        display.stop();
        await board.close();
      }
    }
    if (options.once || signal.aborted) return;
    print('everything keeps running; Ctrl-C ends it');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  } finally {
    await stack.stop();
  }
}

function partsToStart({ kubeconfig, redisUrl, hosts }: StartOptions): string {
  return [
    ...(kubeconfig === undefined ? ['the control plane'] : []),
    ...(redisUrl === undefined ? ['Redis'] : []),
    `six services and ${hosts} simulated machines`,
  ].join(', ');
}

async function checkCluster(kubeconfig: string, options: StartOptions): Promise<void> {
  const client = connectKubernetes(readKubeConfig(kubeconfig, { env: process.env, now: Date.now }), {
    userAgent: 'metal3-stack/0.1.0',
    now: Date.now,
  });
  try {
    await refuseForeignCluster(client, options);
  } finally {
    await client.close();
  }
}

function printTimes(times: readonly LegTime[]): void {
  print('');
  for (const { name, seconds } of times) print(`${seconds.toFixed(1).padStart(8)} s  ${name}`);
  const total = times.reduce((sum, { seconds }) => sum + seconds, 0);
  print(`${total.toFixed(1).padStart(8)} s  in all`);
}

function printPlaces(stack: Stack, namespace: string): void {
  const places = {
    Kubernetes: `kubectl --kubeconfig ${stack.kubeconfigPath} get bmh -A`,
    Namespace: `${namespace} (hosts in others are left alone)`,
    'Ironic API': `${stack.restUrl}/v1/nodes`,
    'Boot media': stack.bootMediaUrl,
    'Data centre': stack.fleetUrl === undefined ? 'none' : `${stack.fleetUrl}/fleet`,
    Redis: stack.redisUrl,
    Logs: stack.logDir,
  };
  print('');
  for (const [name, place] of Object.entries(places)) print(`  ${name.padEnd(12)} ${place}`);
  print('');
}
