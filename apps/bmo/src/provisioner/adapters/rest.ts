import type { Clock } from '@metal3/service';
import type { JsonObject } from '../../kernel.ts';
import { ProvisionerError, unless } from '../errors.ts';
import { firmwareOf } from '../firmware.ts';
import type { NodePort, NodeSnapshot } from '../node.ts';
import type { NodeChange, Provisioner } from '../ports.ts';
import { restBmc } from './rest-bmc.ts';
import type { RestClient } from './rest-client.ts';
import { isUnderWay, newsFields, object, snapshotOf, text } from './rest-nodes.ts';

export interface RestProvisionerOptions {
  readonly client: RestClient;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** Milliseconds between two looks at all nodes while Ironic works on any of them. */
  readonly busyTickMs: number;
  /** The same while it works on none. */
  readonly idleTickMs: number;
}

/** How long after a request of ours news is expected even if no node shows it. */
const attentionMs = 5_000;

/**
 * Any Ironic by its REST API. Nothing tells us of changes there, so one bulk list per tick is compared with the one before; how
 * many hosts wait makes no difference to the number of requests.
 */
export function restProvisioner({ client, clock, busyTickMs, idleTickMs }: RestProvisionerOptions): Provisioner {
  let attentiveUntil = 0;
  let hurry: (() => void) | undefined;

  /** What we ask for is followed by news. */
  const attend = (): void => {
    attentiveUntil = clock.now() + attentionMs;
    hurry?.();
  };

  const read = async (uuid: string): Promise<NodeSnapshot> =>
    snapshotOf(await client.call('GET', `nodes/${encodeURIComponent(uuid)}`));

  /** A refusal may only mean that the node has moved on since it was read. */
  const change = async (node: NodeSnapshot, run: () => Promise<unknown>): Promise<NodeSnapshot> => {
    attend();
    try {
      await run();
    } catch (error) {
      if (!(error instanceof ProvisionerError) || error.code !== 'refused') throw error;
      const now = await read(node.uuid);
      const moved =
        now.provisionState !== node.provisionState || now.targetProvisionState !== node.targetProvisionState;
      throw moved ? new ProvisionerError('busy', error.message, { cause: error }) : error;
    }
    return read(node.uuid);
  };
  const ident = ({ uuid }: NodeSnapshot): string => encodeURIComponent(uuid);

  return {
    get features() {
      const { version } = client;
      return { disablePowerOff: version >= 95, health: version >= 109, abortDeploy: version >= 110 };
    },

    findNode: (name) => unless('absent', read(name)),
    async createNode(body) {
      attend();
      return snapshotOf(await client.call('POST', 'nodes', body));
    },
    async patchNode(node, patch) {
      attend();
      const operations = patch.map((operation) => ({ ...operation }));
      return snapshotOf(await client.call('PATCH', `nodes/${ident(node)}`, operations));
    },
    async deleteNode(node) {
      attend();
      await unless('absent', client.call('DELETE', `nodes/${ident(node)}`));
    },

    setProvisionState: (node, target, args = {}) =>
      change(node, () => client.call('PUT', `nodes/${ident(node)}/states/provision`, { target, ...args })),
    setPowerState: (node, target, timeoutSeconds) =>
      change(node, () =>
        client.call('PUT', `nodes/${ident(node)}/states/power`, {
          target,
          ...(timeoutSeconds === undefined ? {} : { timeout: timeoutSeconds }),
        }),
      ),
    setMaintenance: (node, maintenance, reason) =>
      change(node, () =>
        maintenance
          ? client.call('PUT', `nodes/${ident(node)}/maintenance`, { reason: reason ?? '' })
          : client.call('DELETE', `nodes/${ident(node)}/maintenance`),
      ),

    setTargetRaid: (node, config) => change(node, () => client.call('PUT', `nodes/${ident(node)}/states/raid`, config)),

    async validate(node) {
      const verdicts = await client.call('GET', `nodes/${ident(node)}/validate`);
      return ['boot', 'deploy'].flatMap((name) => {
        const verdict = object(verdicts[name]);
        return verdict['result'] === false ? [`${name}: ${text(verdict['reason'])}`] : [];
      });
    },
    async findInventory(node) {
      const answer = await unless('absent', client.call('GET', `nodes/${ident(node)}/inventory`));
      return answer && { inventory: object(answer['inventory']), pluginData: object(answer['plugin_data']) };
    },

    async readFirmware(node) {
      // Hardware types without these interfaces answer that there is no such thing.
      const rows = async (kind: 'bios' | 'firmware', query: string) => {
        const path = `nodes/${ident(node)}/${kind}${query}`;
        return (await unless('refused', unless('absent', client.call('GET', path))))?.[kind];
      };
      return firmwareOf(await rows('bios', '?detail=true'), await rows('firmware', ''));
    },

    ...restBmc(client),

    async listPorts({ nodeUuid, address }) {
      const query = new URLSearchParams({
        fields: 'uuid,node_uuid,address',
        ...(nodeUuid === undefined ? {} : { node_uuid: nodeUuid }),
        ...(address === undefined ? {} : { address }),
      });
      const ports = await listAll(client, 'ports', query);
      return ports.map((port): NodePort => ({
        uuid: text(port['uuid']),
        nodeUuid: text(port['node_uuid']),
        address: text(port['address']),
      }));
    },
    async createPort({ nodeUuid, address, pxeEnabled }) {
      await client.call('POST', 'ports', { node_uuid: nodeUuid, address, pxe_enabled: pxeEnabled });
    },

    async listActivity() {
      const query = new URLSearchParams({ fields: 'uuid,name,provision_state,boot_interface' });
      return (await listAll(client, 'nodes', query)).map(snapshotOf);
    },

    progressOf: () => '',
    async *changes(signal) {
      let before = new Map<string, JsonObject>();
      // undefined until the first attempt, whose failure is news as well.
      let reachable: boolean | undefined;
      while (!signal.aborted) {
        let busy = false;
        try {
          if (reachable !== true) await client.connect();
          const now = new Map(
            (await listAll(client, 'nodes', newsQuery(client))).map((node) => [text(node['uuid']), node]),
          );
          yield* differences(before, now);
          if (reachable !== true) yield { kind: 'synced' };
          reachable = true;
          before = now;
          busy = [...now.values()].some((node) => isUnderWay(snapshotOf(node)));
        } catch (error) {
          if (signal.aborted) return;
          if (reachable !== false)
            yield { kind: 'lost', reason: error instanceof Error ? error.message : String(error) };
          reachable = false;
        }
        await pause(
          () => (busy || reachable !== true || clock.now() < attentiveUntil ? busyTickMs : idleTickMs),
          signal,
        );
      }
    },
  };

  /** Waits for a tick; a request of ours cuts an idle one short. */
  async function pause(length: () => number, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const both = AbortSignal.any([signal, woken.signal]);
    const long = length() > busyTickMs;
    hurry = long ? () => woken.abort() : undefined;
    try {
      await clock.sleep(length(), both);
    } catch {
      if (!signal.aborted) await clock.sleep(busyTickMs, signal).catch(() => {});
    } finally {
      hurry = undefined;
    }
  }
}

function newsQuery({ version }: RestClient): URLSearchParams {
  return new URLSearchParams({ fields: [...newsFields, ...(version >= 109 ? ['health'] : [])].join(',') });
}

/** All pages of a list. Ironic names the next one in `next`. */
async function listAll(
  client: RestClient,
  resource: 'nodes' | 'ports',
  query: URLSearchParams,
): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = [];
  for (let marker = ''; ;) {
    const page = new URLSearchParams(query);
    if (marker !== '') page.set('marker', marker);
    const answer = await client.call('GET', `${resource}?${page.toString().replaceAll('%2C', ',')}`);
    const items = (Array.isArray(answer[resource]) ? answer[resource] : []) as readonly JsonObject[];
    found.push(...items);
    const last = text(items.at(-1)?.['uuid']);
    if (typeof answer['next'] !== 'string' || last === '') return found;
    marker = last;
  }
}

function* differences(
  before: ReadonlyMap<string, JsonObject>,
  now: ReadonlyMap<string, JsonObject>,
): Generator<NodeChange> {
  for (const [uuid, node] of now) {
    if (JSON.stringify(before.get(uuid)) === JSON.stringify(node)) continue;
    yield { kind: 'changed', uuid, name: text(node['name']), provisionState: text(node['provision_state']) };
  }
  for (const [uuid, node] of before) if (!now.has(uuid)) yield { kind: 'deleted', uuid, name: text(node['name']) };
}
