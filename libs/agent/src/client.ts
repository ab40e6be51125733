import { Agent, type Dispatcher } from 'undici';
import { AgentError, connectionError } from './errors.ts';
import { lastMoment } from './last-moment.ts';
import { commandOf, failureText, offeredSteps } from './parse.ts';
import type { AgentCommand, AgentStep, OfferedSteps } from './protocol.ts';

/** Where an agent is and what proves who is who. */
export interface AgentAddress {
  /** The callback_url of its heartbeat. */
  readonly url: string;
  readonly token: string;
  /** PEM of the certificate it announced; undefined for an agent without TLS or one signed by a public authority. */
  readonly verifyCa: string | undefined;
}

export interface AgentCall {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one exchange; 60,000 unless told. */
  readonly timeoutMs?: number | undefined;
  /**
   * Asked in the instant before the request is written; false keeps it from being sent. A process that was stopped (SIGSTOP) may go on with a
   * request it no longer has the right to make: its timers and signals run too late for that.
   */
  readonly mayStart?: (() => boolean) | undefined;
}

/** The commands of one running agent. Every method throws AgentError. */
export interface AgentClient {
  /** All commands since the agent started, oldest first. */
  commands(call?: AgentCall): Promise<readonly AgentCommand[]>;
  /** Gives a command. With `wait` the answer is the finished command, else it is usually RUNNING. Does not throw for FAILED. */
  give(name: string, params: Readonly<Record<string, unknown>>, wait: boolean, call?: AgentCall): Promise<AgentCommand>;
  /** Gives a synchronous command and returns its result; a FAILED one throws. */
  ask(name: string, params: Readonly<Record<string, unknown>>, call?: AgentCall): Promise<unknown>;
  steps(kind: StepKind, about: AboutNode, call?: AgentCall): Promise<OfferedSteps>;
  executeStep(
    kind: StepKind,
    step: AgentStep,
    about: AboutNode,
    version: Readonly<Record<string, string>>,
    call?: AgentCall,
  ): Promise<AgentCommand>;
}

export type StepKind = 'clean' | 'deploy' | 'service';

/** What the agent is told about its node; secrets other than the config drive must be masked. */
export interface AboutNode {
  readonly node: Readonly<Record<string, unknown>>;
  readonly ports: readonly Readonly<Record<string, unknown>>[];
}

/** The agents a process talks to; connections are pinned to the certificate each heartbeat announced. */
export interface Agents {
  agent(address: AgentAddress): AgentClient;
  counts(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const maximumDispatchers = 500;

export function agentClients(onCall?: (call: { readonly command: string; readonly outcome: string }) => void): Agents {
  const dispatchers = new Map<string, Dispatcher>();
  const counts: Record<string, number> = {};

  const dispatcherFor = (verifyCa: string | undefined): Dispatcher => {
    const id = verifyCa ?? '';
    const known = dispatchers.get(id);
    if (known !== undefined) {
      dispatchers.delete(id);
      dispatchers.set(id, known);
      return known;
    }
    const agent = new Agent({
      keepAliveTimeout: 10_000,
      connectTimeout: 10_000,
      connections: 32,
      maxResponseSize: 64 * 1024 * 1024,
      // The certificate is self-signed with the agent's address as its only subject: trusting exactly it pins the agent.
      connect: { minVersion: 'TLSv1.2', ...(verifyCa === undefined ? {} : { ca: verifyCa }) },
    });
    const dispatcher = agent.compose(lastMoment);
    dispatchers.set(id, dispatcher);
    const [oldest] = dispatchers;
    if (dispatchers.size > maximumDispatchers && oldest !== undefined) {
      dispatchers.delete(oldest[0]);
      void oldest[1].close();
    }
    return dispatcher;
  };

  return {
    agent: (address) =>
      agentClient(address, dispatcherFor(address.verifyCa), (command, outcome) => {
        counts[command] = (counts[command] ?? 0) + 1;
        onCall?.({ command, outcome });
      }),
    counts: () => ({ ...counts }),
    async close() {
      const open = [...dispatchers.values()];
      dispatchers.clear();
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function agentClient(
  { url, token }: AgentAddress,
  dispatcher: Dispatcher,
  counted: (command: string, outcome: string) => void,
): AgentClient {
  const base = new URL(url);
  const prefix = base.pathname.replace(/\/+$/, '');

  const exchange = async (
    method: 'GET' | 'POST',
    command: string,
    query: Readonly<Record<string, string>>,
    body: unknown,
    call: AgentCall = {},
  ): Promise<unknown> => {
    const timeoutMs = call.timeoutMs ?? 60_000;
    let status: number;
    let text: string;
    try {
      call.signal?.throwIfAborted();
      const options = {
        origin: base.origin,
        path: `${prefix}/v1/commands/?${new URLSearchParams({ ...query, agent_token: token }).toString()}`,
        method,
        headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        body: body === undefined ? null : JSON.stringify(body),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        ...(call.signal === undefined ? {} : { signal: call.signal }),
        ...(call.mayStart === undefined ? {} : { mayStart: call.mayStart }),
      } as const;
      const response = await dispatcher.request(options);
      status = response.statusCode;
      text = await response.body.text();
    } catch (error) {
      counted(command, 'no answer');
      if (call.signal?.aborted === true || call.mayStart?.() === false) {
        throw new AgentError(
          'aborted',
          command,
          `Command ${command} to the agent at ${url} was given up`,
          undefined,
          error,
        );
      }
      throw connectionError(error, command, url, method === 'POST');
    }
    counted(command, String(status));
    const reply = parsed(text);
    if (status < 300) return reply;
    throw refusal(status, command, url, reply);
  };

  const client: AgentClient = {
    async commands(call) {
      const reply = await exchange('GET', 'list commands', {}, undefined, call);
      const list: unknown = typeof reply === 'object' && reply !== null ? Reflect.get(reply, 'commands') : undefined;
      return Array.isArray(list) ? list.map(commandOf) : [];
    },
    async give(name, params, wait, call) {
      return commandOf(await exchange('POST', name, { wait: String(wait) }, { name, params }, call));
    },
    async ask(name, params, call) {
      return (await succeeded(client.give(name, params, true, call))).result;
    },
    async steps(kind, about, call) {
      return offeredSteps(kind, await succeeded(client.give(`${kind}.get_${kind}_steps`, { ...about }, true, call)));
    },
    executeStep: (kind, step, about, version, call) =>
      client.give(`${kind}.execute_${kind}_step`, { step, ...about, [`${kind}_version`]: version }, false, call),
  };
  return client;
}

async function succeeded(giving: Promise<AgentCommand>): Promise<AgentCommand> {
  const command = await giving;
  if (command.status === 'SUCCEEDED') return command;
  throw new AgentError('failed', command.name, `Agent command ${command.name} failed: ${failureText(command)}`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function refusal(status: number, command: string, url: string, reply: unknown): AgentError {
  const fault: unknown = typeof reply === 'object' && reply !== null ? Reflect.get(reply, 'faultstring') : undefined;
  const said = typeof fault === 'string' ? fault : 'no explanation given';
  const kind = status === 401 ? 'token' : status === 409 ? 'busy' : status >= 500 ? 'unknown' : 'refused';
  return new AgentError(
    kind,
    command,
    `The agent at ${url} answered HTTP ${status} to command ${command}: ${said}`,
    status,
  );
}
