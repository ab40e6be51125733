import { json, type Call, type hangUp, type Reply } from '../http/server.ts';
import type { CommandLog, CommandRecord } from './command-log.ts';
import { AgentError } from './error.ts';
import { agentVersion } from './ironic.ts';

const docs = { href: 'https://docs.openstack.org/ironic-python-agent/', rel: 'describedby', type: 'text/html' };

/** What the API needs of the agent behind it. */
export interface ServedAgent {
  readonly callbackUrl: string;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  readonly log: CommandLog;
  accepts(token: string | null): boolean;
  /** @throws AgentError for what is answered with a fault instead of a record */
  execute(name: string, params: Readonly<Record<string, unknown>>): Promise<CommandRecord>;
}

/** The agent's own HTTP API: root, status, commands. */
export async function answer(agent: ServedAgent, call: Call, path: string): Promise<Reply | typeof hangUp> {
  try {
    const [, version, resource, id, ...rest] = path.replace(/\/+$/, '').split('/');
    const known = rest.length === 0 && (version === 'v1' || version === undefined || version === '');
    if (known && call.method === 'GET') {
      if (resource === undefined && id === undefined) return version === 'v1' ? v1(agent) : root(agent);
      if (resource === 'status' && id === undefined)
        return json(200, { started_at: agent.startedAt, version: agentVersion });
    }
    if (known && resource === 'commands') return await commands(agent, call, id);
    const allowed = known && (resource === undefined || resource === 'status');
    return allowed
      ? werkzeug(405, 'Method Not Allowed', 'The method is not allowed for the requested URL.')
      : notFound();
  } catch (error) {
    if (error instanceof AgentError) return fault(error.code, error.message);
    return fault(500, error instanceof Error ? error.message : String(error));
  }
}

async function commands(agent: ServedAgent, call: Call, id: string | undefined): Promise<Reply> {
  if (call.method !== 'GET' && (call.method !== 'POST' || id !== undefined)) {
    return werkzeug(405, 'Method Not Allowed', 'The method is not allowed for the requested URL.');
  }
  if (!agent.accepts(call.query.get('agent_token'))) return werkzeug(401, 'Unauthorized', 'Token invalid.');
  const wait = call.query.get('wait')?.toLowerCase() === 'true';
  if (call.method === 'POST') {
    const { name, params } = commandBody(call.body);
    const record = await agent.execute(name, params);
    if (wait) await agent.log.get(record.id).done;
    return json(200, record);
  }
  if (id === undefined) return json(200, { commands: agent.log.list() });
  const { record, done } = agent.log.get(decodeURIComponent(id));
  if (wait) await done;
  return json(200, record);
}

function commandBody(body: Buffer): { name: string; params: Record<string, unknown> } {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new BadRequest('The browser (or proxy) sent a request that this server could not understand.');
  }
  const { name, params } = (typeof value === 'object' && value !== null ? value : {}) as {
    name?: unknown;
    params?: unknown;
  };
  if (typeof name !== 'string' || typeof params !== 'object' || params === null || Array.isArray(params)) {
    throw new BadRequest('Missing or invalid name or params');
  }
  return { name, params: params as Record<string, unknown> };
}

/** A body that is no command; the text is that of the web framework, without a type of the agent's own. */
class BadRequest extends AgentError {
  constructor(text: string) {
    super('InvalidCommandError', text);
    this.message = `400 Bad Request: ${text}`;
  }
}

function root(agent: ServedAgent): Reply {
  const version = versionDocument(agent);
  return json(200, {
    name: 'OpenStack Ironic Python Agent API',
    description: 'Ironic Python Agent is a provisioning agent for OpenStack Ironic',
    versions: [version],
    default_version: version,
  });
}

function v1(agent: ServedAgent): Reply {
  const links = (resource: string) => [
    { href: `${agent.callbackUrl}/v1/${resource}`, rel: 'self' },
    { href: `${agent.callbackUrl}/${resource}`, rel: 'bookmark' },
  ];
  return json(200, {
    commands: links('commands'),
    status: links('status'),
    media_types: [{ base: 'application/json', type: 'application/vnd.openstack.ironic-python-agent.v1+json' }],
    ...versionDocument(agent),
  });
}

const versionDocument = (agent: ServedAgent) => ({
  id: 'v1',
  links: [{ href: `${agent.callbackUrl}/v1`, rel: 'self' }, docs],
});

const fault = (status: number, text: string) =>
  json(status, { faultcode: status >= 500 ? 'Server' : 'Client', faultstring: text });
const werkzeug = (status: number, name: string, text: string) => fault(status, `${status} ${name}: ${text}`);
const notFound = () =>
  werkzeug(
    404,
    'Not Found',
    'The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.',
  );
