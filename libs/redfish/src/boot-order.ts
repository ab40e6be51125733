import type { RedfishClient } from './client.ts';
import { RedfishError } from './errors.ts';
import { at } from './json.ts';
import type { SystemMap } from './system-view.ts';
import type { CallOptions } from './transport.ts';

/** Properties of ComputerSystem.Boot to be changed together; null clears. */
export type BootOrder = Readonly<Record<string, string | null>>;

/**
 * The properties of `Boot` that are changed in the Settings resource. Services keep none, some or all of them there: one that shows only the boot
 * order among its settings (Lenovo), or only the boot mode (iDRAC), takes the others in the system itself.
 */
export async function pendingBootProperties(
  client: RedfishClient,
  { settings }: Pick<SystemMap, 'settings'>,
  options: CallOptions,
): Promise<ReadonlySet<string>> {
  if (settings === undefined) return new Set();
  try {
    const boot = at((await client.get(settings, options)).body, 'Boot');
    return new Set(typeof boot === 'object' && boot !== null ? Object.keys(boot) : []);
  } catch (error) {
    if (!RedfishError.is(error) || error.status !== 404) throw error;
    return new Set();
  }
}

/** Changes `Boot` where each property is changed: one PATCH, or two on a service that divides them. @throws RedfishError */
export async function orderBoot(
  client: RedfishClient,
  { path, settings }: Pick<SystemMap, 'path' | 'settings'>,
  pending: ReadonlySet<string>,
  order: BootOrder,
  options: CallOptions,
): Promise<void> {
  const part = (waits: boolean) => Object.entries(order).filter(([name]) => pending.has(name) === waits);
  const [later, now] = [part(true), part(false)];
  if (settings !== undefined && later.length > 0) {
    await client.patch(settings, { Boot: Object.fromEntries(later) }, options);
  }
  if (now.length > 0) await client.patch(path, { Boot: Object.fromEntries(now) }, options);
}
