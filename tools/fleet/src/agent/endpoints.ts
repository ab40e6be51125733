import { keysFor } from '../http/keys.ts';
import { hangUp, listen, type Handler, type Listener } from '../http/server.ts';
import type { FleetOptions } from '../options.ts';
import type { SimulatedTime } from '../time.ts';

/** Where one agent's API answers. */
export interface AgentEndpoint {
  /** What heartbeats announce as callback_url. */
  readonly url: string;
  /** What they announce as agent_verify_ca, PEM. */
  readonly certificate: string;
  close(): Promise<void>;
}

/** The addresses of agents. */
export interface AgentEndpoints {
  /** One address all agents share; empty when each has its own. */
  readonly url: string;
  /** Opens the API of the agent that has just started on a machine; paths reach `handler` without what is before /v1. */
  open(machineUuid: string, handler: Handler): Promise<AgentEndpoint>;
  close(): Promise<void>;
}

type Wanted = Pick<FleetOptions, 'agentListen' | 'agentListeners' | 'advertise'>;
const commonName = 'ipa-ramdisk';

/** Agents at `https://host:port/agents/<uuid>`, or, with `agentListeners: 'each'`, at a port of their own. */
export function agentEndpoints(options: Wanted, time: SimulatedTime): Promise<AgentEndpoints> {
  return options.agentListeners === 'each'
    ? Promise.resolve(ownEndpoints(options, time))
    : sharedEndpoint(options, time);
}

async function sharedEndpoint({ agentListen, advertise }: Wanted, time: SimulatedTime): Promise<AgentEndpoints> {
  const tls = keysFor(commonName, advertise ?? agentListen.host, time);
  const handlers = new Map<string, Handler>();
  // Requests to a machine on which no agent serves meet a closed connection, as they would in a data centre.
  const dispatch: Handler = (call) => {
    const [, root, uuid = '', ...rest] = call.path.split('/');
    const handler = root === 'agents' ? handlers.get(uuid) : undefined;
    return handler === undefined ? hangUp : handler({ ...call, path: `/${rest.join('/')}` });
  };
  const listener = await listen(agentListen, dispatch, { tls, advertise });
  return {
    url: listener.url,
    open(uuid, handler) {
      handlers.set(uuid, handler);
      const close = () => {
        if (handlers.get(uuid) === handler) handlers.delete(uuid);
        return Promise.resolve();
      };
      return Promise.resolve({ url: `${listener.url}/agents/${uuid}`, certificate: tls.certificate, close });
    },
    close: () => listener.close(),
  };
}

/** As real agents: every start makes a new key, and the port closes with the process. */
function ownEndpoints({ agentListen, advertise }: Wanted, time: SimulatedTime): AgentEndpoints {
  const open = new Set<Listener>();
  return {
    url: '',
    async open(_uuid, handler) {
      const tls = keysFor(commonName, advertise ?? agentListen.host, time, 'P-384');
      const listener = await listen({ host: agentListen.host, port: 0 }, handler, { tls, advertise });
      open.add(listener);
      return {
        url: listener.url,
        certificate: tls.certificate,
        close() {
          open.delete(listener);
          return listener.close();
        },
      };
    },
    async close() {
      await Promise.all([...open].map((listener) => listener.close()));
    },
  };
}
