import { Command, InvalidArgumentError, Option } from 'commander';
import { checkListenAddress, isLoopback } from './listen-address.ts';

/** More do not fit into one fleet process on one machine. */
const mostHosts = 5_000;

/** What `npm start` was asked for. */
export interface StartOptions {
  readonly hosts: number;
  /** Run the life cycle once and exit. */
  readonly once: boolean;
  /** Only the Ironic half, without Kubernetes. */
  readonly only: 'ironic' | undefined;
  /** Port of the Ironic REST API. */
  readonly port: number | undefined;
  readonly auth: 'none' | 'basic';
  readonly kubeconfig: string | undefined;
  readonly namespace: string | undefined;
  readonly yes: boolean;
  readonly redisUrl: string | undefined;
  readonly postgresUrl: string | undefined;
  /** Address that people and machines reach: REST API, boot media, fleet. */
  readonly listen: string;
  readonly stateDir: string;
  readonly timeScale: number;
  readonly timeoutSeconds: number;
}

/** Reads the command line; prints help or a complaint and exits by itself. */
export function readOptions(argv: readonly string[], defaultStateDir: string): StartOptions {
  const command = new Command('npm start --')
    .description(
      'Bare-metal provisioning on this machine: a control plane, the six services and a simulated data centre.',
    )
    .option('--hosts <n>', 'simulated machines (default 5; with --only ironic 0)', between(0, mostHosts))
    .option('--once', 'provision, deprovision and delete every host, then exit: 0 if all went well', false)
    .addOption(new Option('--only <half>', 'start just the Ironic half, without Kubernetes').choices(['ironic']))
    .option(
      '--port <port>',
      'port of the Ironic REST API (default: a free one; with --only ironic 6385)',
      between(1, 65_535),
    )
    .addOption(
      new Option(
        '--auth <kind>',
        'who may call the REST API: everybody, or who has the password (default none; with --listen beyond this machine basic)',
      ).choices(['none', 'basic']),
    )
    .option('--kubeconfig <file>', 'use this cluster instead of starting a control plane')
    .option('--namespace <name>', 'namespace of the hosts (default metal3)', namespaceName)
    .option('--yes', 'go on although the cluster given by --kubeconfig holds BareMetalHosts', false)
    .option('--redis-url <url>', 'use this Redis instead of starting one', urlOf('redis', 'rediss'))
    .option(
      '--postgres-url <url>',
      'keep the nodes in this PostgreSQL database instead of SQLite',
      urlOf('postgres', 'postgresql'),
    )
    .option('--listen <address>', 'IPv4 address of the REST API, boot media and fleet', listenAddress, '127.0.0.1')
    .option('--state-dir <folder>', 'where this run keeps its files', defaultStateDir)
    .option('--time-scale <x>', 'real seconds per simulated second of the machines; 0 for no delays', positive, 0.01)
    .option('--timeout <seconds>', 'with --once: how long each leg may take', between(1, 86_400), 600)
    .showHelpAfterError('(npm start -- --help shows every option)');
  command.parse([...argv]);
  const given = command.opts<{
    hosts?: number;
    once: boolean;
    only?: 'ironic';
    port?: number;
    auth?: 'none' | 'basic';
    kubeconfig?: string;
    namespace?: string;
    yes: boolean;
    redisUrl?: string;
    postgresUrl?: string;
    listen: string;
    stateDir: string;
    timeScale: number;
    timeout: number;
  }>();
  const { only } = given;
  return {
    hosts: given.hosts ?? (only === 'ironic' ? 0 : 5),
    once: given.once,
    only,
    port: given.port ?? (only === 'ironic' ? 6385 : undefined),
    auth: given.auth ?? (isLoopback(given.listen) ? 'none' : 'basic'),
    kubeconfig: given.kubeconfig,
    namespace: given.namespace,
    yes: given.yes,
    redisUrl: given.redisUrl,
    postgresUrl: given.postgresUrl,
    listen: given.listen,
    stateDir: given.stateDir,
    timeScale: given.timeScale,
    timeoutSeconds: given.timeout,
  };
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}

function namespaceName(text: string): string {
  if (text.length > 63 || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text))
    throw new InvalidArgumentError('It must be a name of lower case letters, digits and hyphens, such as "metal3".');
  return text;
}

function urlOf(...schemes: readonly string[]): (text: string) => string {
  return (text) => {
    if (!URL.canParse(text) || !schemes.includes(new URL(text).protocol.slice(0, -1)))
      throw new InvalidArgumentError(`It must be a URL such as ${schemes[0]}://HOST:PORT.`);
    return text;
  };
}

function listenAddress(text: string): string {
  const complaint = checkListenAddress(text);
  if (complaint !== undefined) throw new InvalidArgumentError(complaint);
  return text;
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('It must be a number from 0.');
  return value;
}
