import type { Trust } from '../http/client.ts';
import { hangUp, type Call, type Reply } from '../http/server.ts';
import type { Machine } from '../machine/machine.ts';
import type { RunningAgent } from '../machine/state.ts';
import type { KernelLine } from '../medium/kernel-line.ts';
import { answer, type ServedAgent } from './api.ts';
import { CommandLog, type CommandRecord } from './command-log.ts';
import { commands, type CommandContext, type Params } from './commands.ts';
import type { AgentEndpoint } from './endpoints.ts';
import { AgentError, asAgentError } from './error.ts';
import { Heartbeats } from './heartbeats.ts';
import { inspect, inspectionWanted } from './inspection.ts';
import { IronicApi } from './ironic.ts';
import type { KnownNode } from './root-device.ts';

/** How the ramdisk was started: everything an agent knows of the world. */
export interface AgentBoot {
  readonly line: KernelLine;
  readonly trust: Trust;
  readonly source: string;
}

type State = 'starting' | 'inspecting' | 'looking-up' | 'serving' | 'locked-out' | 'locked-down' | 'inspected' | 'dead';

/** The pauses after 409 at look-up, and the bounds of the back-off after any other refusal, in simulated seconds. */
const lockedPauses = [5, 10, 30] as const;
const lookupBackOff = { first: 1, most: 60, total: 600 } as const;
const pregeneratedLength = 32;

/** One process of the provisioning agent: started by a boot, ended by the next power change. */
export class Agent implements RunningAgent, ServedAgent {
  readonly machine: Machine;
  readonly #boot: AgentBoot;
  readonly #life = new AbortController();
  readonly #signal: AbortSignal;
  readonly #ended: Promise<typeof hangUp>;
  readonly #log = new CommandLog();
  readonly #context: CommandContext;
  #startedAt: number;
  #state: State = 'starting';
  #token: string | undefined;
  #nodeUuid: string | undefined;
  #node: KnownNode | undefined;
  #md5Allowed = false;
  #heartbeats: Heartbeats | undefined;
  #endpoint: AgentEndpoint | undefined;

  constructor(machine: Machine, boot: AgentBoot, power: AbortSignal) {
    this.machine = machine;
    this.#boot = boot;
    this.#signal = AbortSignal.any([power, this.#life.signal]);
    this.#ended = new Promise((resolve) => {
      this.#signal.addEventListener('abort', () => resolve(hangUp), { once: true });
    });
    this.#startedAt = machine.world.time.now();
    this.#token = boot.line.get('ipa-agent-token');
    this.#context = {
      machine,
      signal: this.#signal,
      trust: boot.trust,
      node: () => this.#node,
      md5Allowed: () => this.#md5Allowed,
      partitionUuids: undefined,
      die: () => this.#end('dead'),
      lockDown: () => this.#end('locked-down'),
    };
  }

  /** Starts the process; it ends with the power. */
  start(): void {
    this.#run().catch((error: unknown) => {
      if (!this.#signal.aborted) this.machine.record('agent-stopped', { reason: asAgentError(error).details });
    });
  }

  describe(): Readonly<Record<string, unknown>> {
    return {
      state: this.#state,
      callbackUrl: this.#endpoint?.url ?? null,
      nodeUuid: this.#nodeUuid ?? null,
      hasToken: this.#token !== undefined,
      bootedFrom: this.#boot.source,
      commands: this.#log.list().map(({ command_name: name, command_status: status }) => ({ name, status })),
    };
  }

  /** What heartbeats announce; empty until the API is open. */
  get callbackUrl(): string {
    return this.#endpoint?.url ?? '';
  }

  /** When the process started and the API document says so, in seconds. */
  get startedAt(): number {
    return this.#startedAt / 1000;
  }

  async #handle(call: Call): Promise<Reply | typeof hangUp> {
    const { path } = call;
    if (this.#state !== 'serving') return hangUp;
    const { faults, time } = this.machine.world;
    const occasion = { path, method: call.method };
    if (faults.take('agent.refused', this.machine.name, occasion) !== undefined) return hangUp;
    const slow = faults.take('agent.slow', this.machine.name, occasion);
    if (slow !== undefined) await time.passReal(slow.delay ?? 5, call.signal);
    const lost = faults.take('agent.lost-response', this.machine.name, occasion);
    // A process that ends takes its open connections with it.
    const reply = await Promise.race([answer(this, call, path), this.#ended]);
    return lost === undefined ? reply : hangUp;
  }

  get log(): CommandLog {
    return this.#log;
  }

  accepts(token: string | null): boolean {
    return this.#token !== undefined && token === this.#token;
  }

  /** Carries out a command. @throws AgentError for what the API answers with a fault instead of a record */
  async execute(name: string, params: Params): Promise<CommandRecord> {
    const [extension, short] = splitName(name);
    this.#log.refuseWhenBusy();
    const command = commands[name];
    if (command === undefined) {
      const known = Object.keys(commands).some((other) => other.startsWith(`${extension}.`));
      if (known) throw new AgentError('InvalidCommandError', `Unknown command: ${short}`);
      throw new AgentError('RequestedObjectNotFoundError', `Extension with id ${extension} not found.`);
    }
    const missing = command.needs?.find((param) => !(param in params));
    if (missing !== undefined) {
      const details = `${short}() missing 1 required positional argument: '${missing}'`;
      return this.#log.ended(name, { error: new AgentError('TypeError', details) });
    }
    const { node } = params;
    if (typeof node === 'object' && node !== null) this.#node = node as KnownNode;
    this.machine.record('command-started', { command: label(short, params) });
    const work = command.run(params, this.#context, short).then(
      (result) => {
        this.machine.record('command-finished', { command: label(short, params) });
        return result;
      },
      (error: unknown) => {
        if (this.#signal.aborted) return new Promise<never>(() => {}); // nobody is left to report it
        const { type, details } = asAgentError(error);
        this.machine.record('command-failed', { command: label(short, params), type, details });
        throw error;
      },
    );
    if (command.kind === 'sync') {
      return work.then(
        (result) => this.#log.ended(short, { result }),
        (error: unknown) => this.#log.ended(short, { error: asAgentError(error) }),
      );
    }
    const record = this.#log.started(short, work);
    void this.#log.get(record.id).done.then(() => this.#heartbeats?.force());
    return record;
  }

  async #run(): Promise<void> {
    const { line, trust } = this.#boot;
    const { http } = this.machine.world;
    const apiUrl = line.get('ipa-api-url');
    const ironic =
      apiUrl === undefined
        ? undefined
        : new IronicApi(apiUrl, { http, trust, signal: this.#signal, requestId: line.get('ipa-global-request-id') });
    for (;;) {
      this.#startedAt = this.machine.world.time.now();
      let nodeUuid: string | undefined;
      if (inspectionWanted(line)) {
        this.#state = 'inspecting';
        nodeUuid = await inspect(this.machine, line, trust, this.#signal);
      }
      if (ironic === undefined) {
        this.#state = 'inspected';
        return;
      }
      this.#state = 'looking-up';
      const found = await this.#lookup(ironic, nodeUuid);
      if (found === 'locked-out') return this.#end('locked-out');
      if (found !== undefined) return this.#serve(ironic, found);
      // The look-up timeout ends the process and the ramdisk's init starts it again, inspection included.
    }
  }

  async #lookup(ironic: IronicApi, nodeUuid: string | undefined): Promise<number | 'locked-out' | undefined> {
    const { time } = this.machine.world;
    const deadline = Number(this.#boot.line.get('ipa-lookup-timeout') ?? lookupBackOff.total);
    let spent = 0;
    let conflicts = 0;
    let pause: number = Number(this.#boot.line.get('ipa-lookup-interval') ?? lookupBackOff.first);
    while (spent <= deadline) {
      const reply = await ironic.lookup(this.machine.identity.macs, nodeUuid);
      if (reply === 'locked') {
        const wait = lockedPauses[Math.min(conflicts++, lockedPauses.length - 1)] ?? 30;
        await time.backOff(wait, this.#signal);
        spent += wait;
        continue;
      }
      if ('reason' in reply) {
        const wait = this.machine.random.between(pause, pause * 2);
        await time.backOff(wait, this.#signal);
        spent += wait;
        pause = Math.min(pause * 2, lookupBackOff.most);
        continue;
      }
      this.machine.record('lookup', { nodeUuid: reply.nodeUuid, token: tokenKind(reply.token) });
      this.#nodeUuid = reply.nodeUuid;
      this.#node = reply.node;
      this.#md5Allowed = reply.md5Allowed;
      if (reply.token !== undefined && reply.token.length >= pregeneratedLength) this.#token = reply.token;
      // A masked token means somebody else was given it: without one of its own the agent takes itself off the network.
      if (reply.token === '******' && this.#token === undefined) return 'locked-out';
      return reply.heartbeatTimeout;
    }
    return undefined;
  }

  async #serve(ironic: IronicApi, heartbeatTimeout: number): Promise<void> {
    const nodeUuid = this.#nodeUuid;
    if (nodeUuid === undefined) return;
    const { uuid } = this.machine.identity;
    const endpoint = await this.machine.world.agents.open(uuid, (call) => this.#handle(call));
    void this.#ended.then(() => endpoint.close());
    this.#signal.throwIfAborted();
    this.#endpoint = endpoint;
    this.#state = 'serving';
    this.#heartbeats = new Heartbeats(this.machine, heartbeatTimeout, this.#signal, () =>
      ironic.heartbeat({
        nodeUuid,
        callbackUrl: endpoint.url,
        token: this.#token,
        certificate: endpoint.certificate,
      }),
    );
    await this.#heartbeats.run();
  }

  #end(state: 'dead' | 'locked-down' | 'locked-out'): void {
    if (this.#life.signal.aborted) return;
    this.#state = state;
    this.machine.record('agent-stopped', { reason: state });
    this.#life.abort(new Error(`the agent is ${state}`));
  }
}

function splitName(name: string): [extension: string, command: string] {
  const dot = name.indexOf('.');
  if (dot < 0) throw new AgentError('InvalidCommandError', 'Command name must be of the form <extension>.<name>');
  return [name.slice(0, dot), name.slice(dot + 1)];
}

/** Commands that run a step are told apart by it. */
function label(command: string, params: Params): string {
  const { step } = params;
  const name = typeof step === 'object' && step !== null && 'step' in step ? String(step.step) : undefined;
  return name === undefined ? command : `${command} ${name}`;
}

function tokenKind(token: string | undefined): string {
  return token === undefined ? 'none' : token === '******' ? 'masked' : 'given';
}
