import type { Metal3Data } from '@metal3/metal3-api';
import type { DataDecision } from './decide.ts';
import type { DataPorts } from './ports.ts';
import { renderMetaData } from './rendering/meta-data.ts';
import { renderNetworkData } from './rendering/network-data.ts';
import { poolsOf, type PoolAddress } from './rendering/pools.ts';
import { RenderingError } from './rendering/subjects.ts';
import { yamlText } from './rendering/text.ts';

export type RenderOutcome =
  | { readonly kind: 'ready' }
  | { readonly kind: 'wait'; readonly reason: string }
  | { readonly kind: 'failed'; readonly message: string };

type Rendering = Extract<DataDecision, { kind: 'render' }>;

/** Makes the Secrets of a machine, unless they are there; the names of the Secrets are in the draft already. */
export async function performRendering(
  draft: Metal3Data,
  rendering: Rendering,
  ports: Pick<DataPorts, 'desk' | 'shelf'>,
): Promise<RenderOutcome> {
  try {
    return await render(draft, rendering, ports);
  } catch (error) {
    if (error instanceof RenderingError) return { kind: 'failed', message: error.message };
    throw error;
  }
}

async function render(
  draft: Metal3Data,
  { template, subjects }: Rendering,
  { desk, shelf }: Pick<DataPorts, 'desk' | 'shelf'>,
): Promise<RenderOutcome> {
  const namespace = draft.metadata.namespace ?? '';
  const { metaData, networkData } = template.spec;
  const missing = new Map<'metaData' | 'networkData', string>();
  for (const key of ['metaData', 'networkData'] as const) {
    const name = template.spec[key] === undefined ? undefined : draft.spec[key]?.name;
    if (name !== undefined && !(await shelf.has(namespace, name))) missing.set(key, name);
  }
  if (missing.size === 0) return { kind: 'ready' };

  const addresses = new Map<string, PoolAddress>();
  const waits: string[] = [];
  // All are claimed before any is waited for.
  for (const pool of poolsOf(template.spec, subjects)) {
    const allocation = await desk.claim(draft, pool, subjects.baremetalhost.metadata.name ?? '');
    if (allocation.kind === 'failed') return allocation;
    if (allocation.kind === 'given') addresses.set(pool.name, allocation.address);
    else waits.push(allocation.reason);
  }
  if (waits.length > 0) return { kind: 'wait', reason: waits.join('; ') };

  const index = draft.spec.index ?? 0;
  const texts = {
    metaData: metaData && yamlText(renderMetaData(metaData, { subjects, addresses, index, namespace })),
    networkData: networkData && yamlText(renderNetworkData(networkData, subjects, addresses)),
  };
  for (const [key, name] of missing) await shelf.put(draft, name, key, texts[key] ?? '');
  return { kind: 'ready' };
}
