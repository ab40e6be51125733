import type { Exchange } from './exchanges.ts';
import { recordedBase } from './exchanges.ts';

const uuidText = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const timeText = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+00:00)?/g;

/** Identifiers of the recording and what they are called in this run. */
export class Identifiers {
  readonly #live = new Map<string, string>();

  /** Text of the recording with the identifiers of this run. */
  toLive(text: string): string {
    return text.replace(uuidText, (uuid) => this.#live.get(uuid) ?? uuid);
  }

  /** Learns new identifiers from two texts of one shape. */
  learn(recorded: string, live: string): void {
    const theirs = recorded.match(uuidText) ?? [];
    const ours = live.match(uuidText) ?? [];
    if (theirs.length !== ours.length) return;
    theirs.forEach((uuid, index) => {
      const known = ours[index];
      if (known !== undefined && !this.#live.has(uuid)) this.#live.set(uuid, known);
    });
  }
}

/** Lists whose order upstream takes from a hash table. */
const unordered = /^(enabled_.*_interfaces|traits)$/;

/** A body with times, secrets of one run and the work of the conductor taken out. */
export function normalBody(body: unknown, { request }: Exchange): unknown {
  if (body === null || body === undefined) return null;
  const value = JSON.parse(
    JSON.stringify(body)
      .replaceAll(recordedBase, '<base>')
      .replaceAll('http://localhost:80', '<base>')
      .replace(timeText, '<time>')
      .replaceAll('1.115', '<max>'),
    (key, inner: unknown) => reviveField(key, inner),
  ) as Record<string, unknown>;
  // Upstream renders the answer to a PATCH while it still holds its own lock.
  if (request.method === 'PATCH') delete value['reservation'];
  if (typeof value['error_message'] === 'string')
    value['error_message'] = JSON.parse(value['error_message']) as unknown;
  return value;
}

function reviveField(key: string, value: unknown): unknown {
  if (key === 'driver_internal_info') return "<the conductor's>";
  if (key === 'agent_token') return '<token>';
  // The recorded conductor had been quiet for longer than a minute.
  if (key === 'alive') return '<alive>';
  if (unordered.test(key) && Array.isArray(value)) return [...(value as unknown[])].sort();
  return value;
}

const compared = ['location', 'allow', 'content-type', 'x-openstack-ironic-api-minimum-version'];

/** The headers that belong to the protocol, with their values where those do not differ from run to run. */
export function normalHeaders(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return value === undefined
      ? undefined
      : String(value).replaceAll(recordedBase, '<base>').replaceAll('http://localhost:80', '<base>');
  };
  const version = text('x-openstack-ironic-api-version');
  return {
    ...Object.fromEntries(compared.map((name) => [name, text(name)])),
    maximum: text('x-openstack-ironic-api-maximum-version') === undefined ? undefined : '<max>',
    version: version === '1.115' ? '<max>' : version,
    requestId: /^req-[0-9a-f-]{36}$/.test(text('openstack-request-id') ?? ''),
  };
}
