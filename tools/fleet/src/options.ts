import { parseArgs } from 'node:util';
import { type RaidMode, raidModes } from './machine/raid.ts';
import { isPersonality, personalities, type PersonalityName } from './machine/personality.ts';

/** How a fleet is to be built. Everything has a default, so `startFleet({})` gives five machines on free loopback ports. */
export interface FleetOptions {
  /** How many machines there are. */
  readonly hosts: number;
  /** Address the BMCs (HTTP), the control API and the files are served on; port 0 takes a free one. */
  readonly listen: Endpoint;
  /** The same BMCs over HTTPS with a self-signed certificate. */
  readonly listenTls: Endpoint;
  /** Where the agents of all machines answer, over HTTPS (one path per machine). */
  readonly agentListen: Endpoint;
  /** One address for the agents of all machines, or for each agent a port and, as in reality, a new certificate per start. */
  readonly agentListeners: 'shared' | 'each';
  /** Host name or address by which others reach the fleet, in URLs and certificates; by default the one listened on. */
  readonly advertise: string | undefined;
  /** Seed of every random choice: identities, passwords, jitter, faults with a chance. */
  readonly seed: number;
  /** Simulated seconds become `seconds * timeScale` real ones; 0 means no simulated delay at all. */
  readonly timeScale: number;
  /** Names are `<prefix>-<index>`. */
  readonly prefix: string;
  /** One account for all BMCs; without it each BMC has its own. */
  readonly account: Account | undefined;
  /**
   * Where a machine that boots from the network gets its iPXE script, with `{mac}` (colons), `{macDashes}`, `{uuid}`,
   * `{serial}` and `{name}` replaced. Without it, network boot finds nothing.
   */
  readonly pxeUrl: string | undefined;
  /** Size of the test disk image in bytes; a multiple of 512. */
  readonly imageSize: number;
  /** Real seconds between heartbeats; without it 30 to 60 % of what the API told at look-up, as the real agent does. */
  readonly heartbeatInterval: number | undefined;
  /** File with the fault plan to start with. */
  readonly faultsFile: string | undefined;
  /** Vendors whose BMC quirks the machines have, dealt out in turn. */
  readonly personalities: readonly PersonalityName[];
  /** RAID controllers of the machines, dealt out in turn: those that act have eight SAS drives. */
  readonly raid: readonly RaidMode[];
  /** Names of deploy steps the agents offer besides the real agent's, for hosts with `customDeploy`. */
  readonly customDeploySteps: readonly string[];
  /** How many ledger entries are kept. */
  readonly ledgerSize: number;
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface Account {
  readonly username: string;
  readonly password: string;
}

/** A command line or option value that makes no sense; the message names the flag and says what it takes. */
export class OptionError extends Error {
  override readonly name = 'OptionError';
}

const loopback: Endpoint = { host: '127.0.0.1', port: 0 };

/** The options nobody asked to change. */
export const defaultOptions: FleetOptions = {
  hosts: 5,
  listen: loopback,
  listenTls: loopback,
  agentListen: loopback,
  agentListeners: 'shared',
  advertise: undefined,
  seed: 1,
  timeScale: 0.01,
  prefix: 'node',
  account: undefined,
  pxeUrl: undefined,
  imageSize: 256 * 1024,
  heartbeatInterval: undefined,
  faultsFile: undefined,
  personalities: ['generic'],
  raid: ['none'],
  customDeploySteps: [],
  ledgerSize: 100_000,
};

export const usage = `Usage: fleet [options]

A data centre of simulated machines: Redfish BMCs, the provisioning agent, disks, a ledger and faults on demand.

  --hosts N                 number of machines (default 5)
  --listen HOST:PORT        BMCs over HTTP, control API, files (default 127.0.0.1:0, a free port)
  --listen-tls HOST:PORT    BMCs over HTTPS, self-signed (default: same host, free port)
  --agent-listen HOST:PORT  agents over HTTPS (default: same host, free port)
  --agent-listeners HOW     shared (default) or each: every agent has a port and a certificate of its own
  --advertise HOST          name or address by which others reach the fleet (default: the one listened on)
  --seed N                  seed of all random choices (default 1)
  --time-scale X            real seconds per simulated second, 0 for no delays (default 0.01)
  --prefix NAME             machines are NAME-0, NAME-1, ... (default node)
  --username U --password P one account for all BMCs (default: one account per BMC)
  --pxe-url TEMPLATE        iPXE script for network boot; {mac} {macDashes} {uuid} {serial} {name} are replaced
  --image-size BYTES        size of the test image (default 262144)
  --heartbeat-interval S    real seconds between heartbeats (default: as told at look-up)
  --personalities LIST      BMC quirks dealt out in turn: ${Object.keys(personalities).join(',')} (default generic)
  --raid LIST               RAID controllers dealt out in turn: ${raidModes.join(',')} (default none)
  --custom-deploy-step NAME a deploy step agents offer besides their own, for customDeploy; may be repeated
  --faults FILE             JSON file with the faults to start with
  --ledger-size N           ledger entries kept (default 100000)
  --print-manifests         print BareMetalHosts and Secrets for the machines as YAML and exit (needs --listen with a port)
  --namespace NS            namespace for --print-manifests (default metal3)
  --help
`;

export interface CommandLine {
  readonly options: FleetOptions;
  readonly action: 'run' | 'manifests' | 'help';
  readonly namespace: string;
}

/** Reads a command line. @throws OptionError naming the flag and what it takes */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const values = parsed(argv);
  const listen = endpoint('--listen', values.listen, loopback);
  const samePlace: Endpoint = { host: listen.host, port: 0 };
  const { username, password } = values;
  if ((username === undefined) !== (password === undefined)) {
    throw new OptionError('--username and --password go together: give both or neither');
  }
  const options: FleetOptions = {
    hosts: number('--hosts', values.hosts, defaultOptions.hosts, { min: 0, max: 100_000, whole: true }),
    listen,
    listenTls: endpoint('--listen-tls', values['listen-tls'], samePlace),
    agentListen: endpoint('--agent-listen', values['agent-listen'], samePlace),
    agentListeners: agentListeners(values['agent-listeners']),
    advertise: values.advertise,
    seed: number('--seed', values.seed, defaultOptions.seed, { whole: true }),
    timeScale: number('--time-scale', values['time-scale'], defaultOptions.timeScale, { min: 0 }),
    prefix: values.prefix ?? defaultOptions.prefix,
    account: username !== undefined && password !== undefined ? { username, password } : undefined,
    pxeUrl: values['pxe-url'],
    imageSize: number('--image-size', values['image-size'], defaultOptions.imageSize, {
      min: 2048,
      whole: true,
      step: 512,
    }),
    heartbeatInterval:
      values['heartbeat-interval'] === undefined
        ? undefined
        : number('--heartbeat-interval', values['heartbeat-interval'], 0, { min: 0.1 }),
    personalities: personalityList(values.personalities),
    raid: raidList(values.raid),
    customDeploySteps: values['custom-deploy-step'] ?? [],
    faultsFile: values.faults,
    ledgerSize: number('--ledger-size', values['ledger-size'], defaultOptions.ledgerSize, { min: 1, whole: true }),
  };
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(options.prefix)) {
    throw new OptionError(`--prefix must be a DNS label of a-z, 0-9 and -, not ${JSON.stringify(options.prefix)}`);
  }
  const action = values.help ? 'help' : values['print-manifests'] ? 'manifests' : 'run';
  if (action === 'manifests' && listen.port === 0) {
    throw new OptionError('--print-manifests needs the port the fleet will listen on: add --listen 127.0.0.1:8000');
  }
  return { options, action, namespace: values.namespace ?? 'metal3' };
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      options: {
        hosts: { type: 'string' },
        listen: { type: 'string' },
        'listen-tls': { type: 'string' },
        'agent-listen': { type: 'string' },
        'agent-listeners': { type: 'string' },
        advertise: { type: 'string' },
        seed: { type: 'string' },
        'time-scale': { type: 'string' },
        prefix: { type: 'string' },
        username: { type: 'string' },
        password: { type: 'string' },
        'pxe-url': { type: 'string' },
        'image-size': { type: 'string' },
        'heartbeat-interval': { type: 'string' },
        personalities: { type: 'string' },
        raid: { type: 'string' },
        'custom-deploy-step': { type: 'string', multiple: true },
        faults: { type: 'string' },
        'ledger-size': { type: 'string' },
        'print-manifests': { type: 'boolean' },
        namespace: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    throw new OptionError(`${cause instanceof Error ? cause.message : String(cause)} (see --help)`);
  }
}

function personalityList(text = 'generic'): PersonalityName[] {
  return text.split(',').map((name) => {
    if (isPersonality(name)) return name;
    const known = Object.keys(personalities).join(', ');
    throw new OptionError(`--personalities takes a list of ${known} with commas between, not ${JSON.stringify(name)}`);
  });
}

function raidList(text = 'none'): RaidMode[] {
  return text.split(',').map((name) => {
    const mode = raidModes.find((known) => known === name);
    if (mode !== undefined) return mode;
    throw new OptionError(
      `--raid takes a list of ${raidModes.join(', ')} with commas between, not ${JSON.stringify(name)}`,
    );
  });
}

function agentListeners(text: string | undefined): FleetOptions['agentListeners'] {
  if (text === undefined || text === 'shared') return 'shared';
  if (text === 'each') return 'each';
  throw new OptionError(`--agent-listeners takes shared or each, not ${JSON.stringify(text)}`);
}

function endpoint(flag: string, text: string | undefined, fallback: Endpoint): Endpoint {
  if (text === undefined) return fallback;
  const match = /^(?:\[([0-9a-fA-F:]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65_535)
    throw new OptionError(`${flag} takes HOST:PORT, not ${JSON.stringify(text)}`);
  return { host, port };
}

interface Bounds {
  readonly min?: number;
  readonly max?: number;
  readonly whole?: boolean;
  readonly step?: number;
}

function number(flag: string, text: string | undefined, fallback: number, bounds: Bounds): number {
  if (text === undefined) return fallback;
  const { min = -Infinity, max = Infinity, whole = false, step = 0 } = bounds;
  const value = Number(text);
  const ok = text.trim() !== '' && Number.isFinite(value) && value >= min && value <= max;
  if (!ok || (whole && !Number.isInteger(value)) || (step > 0 && value % step !== 0)) {
    const kind = step > 0 ? `a multiple of ${step}` : whole ? 'a whole number' : 'a number';
    const range = `${min > -Infinity ? ` from ${min}` : ''}${max < Infinity ? ` up to ${max}` : ''}`;
    throw new OptionError(`${flag} takes ${kind}${range}, not ${JSON.stringify(text)}`);
  }
  return value;
}
