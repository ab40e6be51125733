import autocannon from 'autocannon';
import { usageOf } from './process-usage.ts';

/** One kind of request under load. */
export interface LoadFigures {
  readonly reqPerSec: number;
  readonly cpuMsPerReq: number;
  readonly p50ms: number;
  readonly p99ms: number;
}

export interface RestFigures {
  readonly getNode: LoadFigures;
  readonly list100: LoadFigures;
  readonly list1000: LoadFigures;
  readonly patch: LoadFigures;
  readonly post: LoadFigures;
}

const headers = { 'x-openstack-ironic-api-version': '1.89', 'content-type': 'application/json' };
const seconds = 5;
const connections = 8;
/** Every so many PATCHes one is read back and compared. */
const readBackEvery = 100;

/**
 * Loads the REST API of a running Ironic with 1,000 nodes in it. The nodes are full ones: as large as those of inspected machines.
 *
 * @param apiPid process whose CPU time is counted
 */
export async function loadRest(url: string, apiPid: number, say: (line: string) => void): Promise<RestFigures> {
  say('REST: making 1,000 nodes');
  const names = Array.from({ length: 1000 }, (_, index) => `bench-${index}`);
  for (const name of names) await call(url, 'POST', '/v1/nodes', fullNode(name));

  const load = async (name: string, requests: autocannon.Request[]): Promise<LoadFigures> => {
    const before = usageOf(apiPid).cpuMs;
    const result = await autocannon({ url, connections, duration: seconds, headers, requests });
    const cpu = usageOf(apiPid).cpuMs - before;
    const good = result['2xx'];
    if (result.non2xx > 0 || result.errors > 0 || good === 0) {
      throw new Error(`${name}: ${result.non2xx} refusals and ${result.errors} errors among ${good} good answers`);
    }
    const figures = {
      reqPerSec: good / result.duration,
      cpuMsPerReq: cpu / good,
      p50ms: result.latency.p50,
      p99ms: result.latency.p99,
    };
    say(
      `REST ${name}: ${figures.reqPerSec.toFixed(0)}/s, ${figures.cpuMsPerReq.toFixed(2)} CPU ms, p99 ${figures.p99ms} ms`,
    );
    return figures;
  };
  const each = (request: (index: number) => autocannon.Request): autocannon.Request[] => {
    let index = 0;
    return [{ setupRequest: (base) => ({ ...base, ...request(index++) }) }];
  };
  const nodeAt = (index: number): string => names[index % names.length] ?? '';

  const getNode = await load(
    'GET node',
    each((index) => ({ method: 'GET', path: `/v1/nodes/${nodeAt(index)}` })),
  );
  const list100 = await load('list of 100, three fields', [
    { method: 'GET', path: '/v1/nodes?limit=100&fields=uuid,name,provision_state' },
  ]);
  const list1000 = await load('list of 1,000, full', [{ method: 'GET', path: '/v1/nodes/detail?limit=1000' }]);

  const written = new Map<string, string>();
  const patch = await load(
    'PATCH',
    each((index) => {
      const value = `round ${index}`;
      written.set(nodeAt(index), value);
      return {
        method: 'PATCH',
        path: `/v1/nodes/${nodeAt(index)}`,
        body: JSON.stringify([{ op: 'add', path: '/extra/bench', value }]),
      };
    }),
  );
  await readBack(
    url,
    [...written].filter((_, index) => index % readBackEvery === 0),
  );

  let made = 0;
  const post = await load(
    'POST',
    each(() => ({ method: 'POST', path: '/v1/nodes', body: JSON.stringify(fullNode(`made-${made++}`)) })),
  );
  return { getNode, list100, list1000, patch, post };
}

/** The last value asked for, or, of requests that crossed the end of the run, the one before. */
async function readBack(url: string, expected: readonly (readonly [string, string])[]): Promise<void> {
  for (const [name, value] of expected) {
    const { extra } = (await call(url, 'GET', `/v1/nodes/${name}`)) as { extra: { bench?: string } };
    const round = (text: string | undefined): number => Number(text?.split(' ')[1] ?? -1);
    const behind = round(value) - round(extra.bench);
    if (behind !== 0 && behind !== 1000)
      throw new Error(`PATCH of ${name} was acknowledged and lost: ${extra.bench} instead of ${value}`);
  }
}

async function call(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const reply = await fetch(`${url}${path}`, {
    method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!reply.ok) throw new Error(`${method} ${path} answered ${reply.status}: ${await reply.text()}`);
  return reply.json();
}

function fullNode(name: string): object {
  return {
    name,
    driver: 'fake-hardware',
    resource_class: 'baremetal',
    driver_info: { redfish_address: 'https://192.0.2.1', redfish_username: 'admin', redfish_password: 'secret' },
    properties: {
      cpu_arch: 'x86_64',
      cpus: 64,
      memory_mb: 262144,
      local_gb: 960,
      capabilities: 'boot_mode:uefi,secure_boot:true',
      vendor: 'Example',
    },
    extra: { rack: 'a1', notes: 'x'.repeat(200) },
  };
}
