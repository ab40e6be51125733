import { type RedfishClient } from './client.ts';
import { RedfishError } from './errors.ts';
import { readIfThere } from './if-there.ts';
import { linksAt, listAt, textAt } from './json.ts';
import type { SystemMap } from './system-view.ts';
import { type CallOptions, members } from './transport.ts';

/** A network adapter is named by the id of its NetworkAdapter resource, as in Ironic. */
export type FirmwareComponent = 'bios' | 'bmc' | `nic:${string}`;

/** What runs of one firmware, named as Ironic does. */
export interface FirmwareVersion {
  readonly component: FirmwareComponent;
  readonly version: string;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly serialNumber: string | undefined;
}

/** The firmware of a network adapter, and where the adapter is found. */
export interface NicFirmware {
  readonly path: string;
  readonly firmware: FirmwareVersion & { readonly component: `nic:${string}` };
}

/** The firmware of the system itself, if it is reported. */
export function biosFirmware(
  { vendor }: Pick<SystemMap, 'vendor'>,
  { biosVersion }: { readonly biosVersion: string | undefined },
): FirmwareVersion | undefined {
  if (biosVersion === undefined) return undefined;
  return { component: 'bios', version: biosVersion, vendor, model: undefined, serialNumber: undefined };
}

/** The firmware of the first manager, if it is reported. One GET. */
export async function readBmcFirmware(
  client: RedfishClient,
  { managers: [manager] }: Pick<SystemMap, 'managers'>,
  options: CallOptions,
): Promise<FirmwareVersion | undefined> {
  if (manager === undefined) return undefined;
  const { body } = await client.get(manager, options);
  const version = textAt(body, 'FirmwareVersion');
  return version === undefined ? undefined : { component: 'bmc', version, ...makeOf(body) };
}

/**
 * The firmware of the network adapters in the chassis of a system: of those that say which. One GET for each chassis, its collection and each adapter.
 * What a BMC links to and does not have, or does not show this account, counts as not there.
 */
export async function readNicFirmware(
  client: RedfishClient,
  { chassis }: Pick<SystemMap, 'chassis'>,
  options: CallOptions,
): Promise<readonly NicFirmware[]> {
  const found = new Map<string, NicFirmware>();
  for (const each of chassis) {
    const collection = textAt(await readIfThere(client, each, options), 'NetworkAdapters', '@odata.id');
    const adapters = collection === undefined ? [] : members(await readIfThere(client, collection, options));
    for (const path of adapters) {
      const body = await readIfThere(client, path, options);
      const id = textAt(body, 'Id');
      const version = listAt(body, 'Controllers')
        .map((controller) => textAt(controller, 'FirmwarePackageVersion'))
        .find((text) => text !== undefined);
      if (id === undefined || version === undefined) continue;
      const component = `nic:${id}` as const;
      if (!found.has(component)) found.set(component, { path, firmware: { component, version, ...makeOf(body) } });
    }
  }
  return [...found.values()];
}

const makeOf = (body: unknown) => ({
  vendor: textAt(body, 'Manufacturer'),
  model: textAt(body, 'Model'),
  serialNumber: textAt(body, 'SerialNumber'),
});

const updateServicePath = '/redfish/v1/UpdateService';

/**
 * Has the BMC fetch an image and install it (UpdateService.SimpleUpdate). Answers the path of the task monitor; undefined when the BMC gives
 * none, and is therefore done as far as anybody can tell.
 *
 * @param resource path of what the firmware runs on, for services that want to be told it and list no entry for it
 */
export async function startUpdate(
  client: RedfishClient,
  { component, resource }: { readonly component: FirmwareComponent; readonly resource: string | undefined },
  imageUrl: string,
  options: CallOptions,
): Promise<string | undefined> {
  const { body } = await client.get(updateServicePath, options);
  const target = textAt(body, 'Actions', '#UpdateService.SimpleUpdate', 'target');
  if (target === undefined) {
    throw new RedfishError(`${client.origin} does not install firmware on request: it has no SimpleUpdate`, {
      kind: 'unsupported',
      method: 'GET',
      path: updateServicePath,
      origin: client.origin,
    });
  }
  const inventory = textAt(body, 'FirmwareInventory', '@odata.id');
  const entry =
    inventory === undefined ? undefined : await entryOf(client, inventory, { component, resource }, options);
  const order = async (targets: readonly string[]): Promise<string | undefined> => {
    const request = { ImageURI: imageUrl, ...(targets.length === 0 ? {} : { Targets: targets }) };
    const reply = await client.post(target, request, options);
    return reply.location ?? textAt(reply.body, 'TaskMonitor') ?? textAt(reply.body, '@odata.id');
  };
  if (entry !== undefined || resource === undefined) return order(entry === undefined ? [] : [entry]);
  try {
    return await order([]);
  } catch (error) {
    // An image says by itself what it is for; services that do not look into it refuse an order without a target.
    if (!RedfishError.is(error) || error.status !== 400) throw error;
    return order([resource]);
  }
}

/** The entry of the firmware inventory that is the component; undefined when none can be told to be. */
async function entryOf(
  client: RedfishClient,
  inventory: string,
  { component, resource }: { readonly component: FirmwareComponent; readonly resource: string | undefined },
  options: CallOptions,
): Promise<string | undefined> {
  const entries = members(await readIfThere(client, inventory, options));
  if (component === 'bios') return entries.find((path) => /\/bios[^/]*$/i.test(path));
  if (component === 'bmc') return entries.find((path) => /\/(bmc|ilo|idrac|xcc)[^/]*$/i.test(path));
  // Entries of adapters are named in many ways; what they belong to is in RelatedItem: the adapter or a part of it.
  const id = component.slice('nic:'.length).toLowerCase();
  const likely = (path: string): number => (path.toLowerCase().includes(id) ? 0 : 1);
  for (const path of entries.toSorted((left, right) => likely(left) - likely(right))) {
    // iDRACs keep the version before and those that could be had beside what is installed.
    if (/\/(previous|available)-[^/]*$/i.test(path)) continue;
    const related = linksAt(await readIfThere(client, path, options), 'RelatedItem');
    if (related.some((item) => item === resource || item.startsWith(`${resource}/`))) return path;
  }
  return undefined;
}
