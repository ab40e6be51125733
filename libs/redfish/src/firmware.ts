import { type RedfishClient } from './client.ts';
import { RedfishError } from './errors.ts';
import { textAt } from './json.ts';
import type { SystemMap } from './system-view.ts';
import { type CallOptions, members } from './transport.ts';

/** What runs of one firmware, named as Ironic does. */
export interface FirmwareVersion {
  readonly component: 'bios' | 'bmc';
  readonly version: string;
  readonly vendor: string | undefined;
  readonly model: string | undefined;
  readonly serialNumber: string | undefined;
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
  if (version === undefined) return undefined;
  const vendor = textAt(body, 'Manufacturer');
  return {
    component: 'bmc',
    version,
    vendor,
    model: textAt(body, 'Model'),
    serialNumber: textAt(body, 'SerialNumber'),
  };
}

const updateServicePath = '/redfish/v1/UpdateService';

/**
 * Has the BMC fetch an image and install it (UpdateService.SimpleUpdate). Answers the path of the task monitor; undefined when the BMC gives
 * none, and is therefore done as far as anybody can tell.
 */
export async function startUpdate(
  client: RedfishClient,
  component: 'bios' | 'bmc',
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
  const targets = inventory === undefined ? [] : await targetsOf(client, inventory, component, options);
  const request = { ImageURI: imageUrl, ...(targets.length === 0 ? {} : { Targets: targets }) };
  const reply = await client.post(target, request, options);
  return reply.location ?? textAt(reply.body, 'TaskMonitor') ?? textAt(reply.body, '@odata.id');
}

/** The entries of the firmware inventory that are the component, by their names; BMCs have no other way of telling. */
async function targetsOf(
  client: RedfishClient,
  inventory: string,
  component: 'bios' | 'bmc',
  options: CallOptions,
): Promise<readonly string[]> {
  const word = component === 'bios' ? /\/bios[^/]*$/i : /\/(bmc|ilo|idrac|xcc)[^/]*$/i;
  return members((await client.get(inventory, options)).body)
    .filter((path) => word.test(path))
    .slice(0, 1);
}
