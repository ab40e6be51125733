import { interfaceKinds } from '@metal3/node';
import { invalid, notAcceptable, notFound } from '../faults.ts';
import { linkPair } from '../http/links.ts';
import { Query } from '../http/query.ts';
import { okObject, type ApiRequest, type Route } from '../http/route.ts';
import { passthruMethod } from '../nodes/vendor-routes.ts';
import type { OfferedDriver } from './catalogue.ts';
import type { ConductorDirectory } from './directory.ts';
import { driverProperties } from './properties.ts';

/** /v1/drivers: the hardware types that live conductors offer. */
export function driverRoutes(directory: ConductorDirectory): readonly Route[] {
  const find = async ({ params }: ApiRequest): Promise<OfferedDriver> => {
    const name = params['driver'] ?? '';
    const driver = (await directory.current()).drivers.get(name);
    if (driver === undefined) throw notFound(`Could not find the following driver(s) or hardware type(s): ${name}.`);
    return driver;
  };

  // No hardware type offers methods without a node.
  const refuse = async (request: ApiRequest) => {
    await find(request);
    throw invalid(`No handler for method ${passthruMethod(request)}`);
  };
  const passthru = (['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const).flatMap((method): Route[] => [
    { method, path: '/v1/drivers/:driver/vendor_passthru', handle: refuse },
    { method, path: '/v1/drivers/:driver/vendor_passthru/:method', handle: refuse },
  ]);

  return [
    {
      method: 'GET',
      path: '/v1/drivers',
      async handle({ query: raw, minor, base }) {
        const query = new Query(raw, minor);
        const type = query.text('type', 30);
        const detail = query.boolean('detail', 30) ?? false;
        const fields = query.list('fields', 77);
        query.refuseOthers();
        if (type !== undefined && type !== 'classic' && type !== 'dynamic') {
          throw invalid(`Invalid driver type: ${type}. Acceptable values are 'classic' or 'dynamic'`);
        }
        if (detail && fields !== undefined)
          throw invalid('Can not specify ?detail=True and fields in the same request.');
        const catalogue = await directory.current();
        const drivers =
          type === 'classic' ? [] : [...catalogue.drivers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
        return okObject({
          drivers: drivers.map((driver) =>
            pick(detail ? describe(driver, base, minor) : summary(driver, base, minor), fields),
          ),
        });
      },
    },
    {
      method: 'GET',
      path: '/v1/drivers/:driver',
      async handle(request) {
        const query = new Query(request.query, request.minor);
        const fields = query.list('fields', 77);
        query.refuseOthers();
        return okObject(pick(describe(await find(request), request.base, request.minor), fields));
      },
    },
    {
      method: 'GET',
      path: '/v1/drivers/:driver/properties',
      handle: async (request) => okObject(driverProperties[(await find(request)).name] ?? {}),
    },
    {
      method: 'GET',
      path: '/v1/drivers/:driver/raid/logical_disk_properties',
      since: 12,
      before: 406,
      async handle(request) {
        await find(request);
        return okObject(logicalDiskProperties);
      },
    },
    {
      method: 'GET',
      path: '/v1/drivers/:driver/vendor_passthru/methods',
      async handle(request) {
        await find(request);
        return okObject({});
      },
    },
    ...passthru,
  ];
}

function summary({ name, hosts }: OfferedDriver, base: string, minor: number): Record<string, unknown> {
  return {
    name,
    hosts,
    links: linkPair(base, `drivers/${name}`),
    ...(minor >= 14 ? { properties: linkPair(base, `drivers/${name}/properties`) } : {}),
    ...(minor >= 30 ? { type: 'dynamic' } : {}),
  };
}

/** Interface kinds that came later than the description itself (1.30). */
const kindSince: Readonly<Record<string, number>> = { storage: 33, rescue: 38, bios: 40, firmware: 86 };

function describe(driver: OfferedDriver, base: string, minor: number): Record<string, unknown> {
  const description = summary(driver, base, minor);
  if (minor < 30) return description;
  for (const kind of interfaceKinds) {
    if ((kindSince[kind] ?? 30) > minor) continue;
    description[`default_${kind}_interface`] = driver.interfaces[kind].default;
    description[`enabled_${kind}_interfaces`] = driver.interfaces[kind].enabled;
  }
  return description;
}

function pick(description: Record<string, unknown>, fields: readonly string[] | undefined): Record<string, unknown> {
  if (fields === undefined) return description;
  const wanted = fields.map((field) => field.toLowerCase());
  const unknown = wanted.find((field) => !(field in description));
  if (unknown !== undefined)
    throw /^(default|enabled)_/.test(unknown) ? notAcceptable() : invalid(`Field ${unknown} is not a valid field.`);
  return Object.fromEntries(Object.entries(description).filter(([name]) => wanted.includes(name) || name === 'links'));
}

const logicalDiskProperties = {
  size_gb:
    'Size in GiB (Integer) for the logical disk. Use "MAX" as size_gb if this logical disk is supposed to use the rest of the space available.',
  raid_level:
    'RAID level for the logical disk. Valid values are "JBOD", "0", "1", "2", "5", "6", "1+0", "5+0" and "6+0". Required.',
  volume_name: 'Name of the volume to be created. Optional.',
  is_root_volume: 'Specifies whether this disk is a root volume. Optional.',
  share_physical_disks:
    'Specifies whether other logical disks can share physical disks with this logical disk. Optional.',
  disk_type: 'The type of disk preferred: "hdd" or "ssd". Optional.',
  interface_type: 'The interface type of disk: "sata", "scsi", "sas" or "nvme". Optional.',
  number_of_physical_disks: 'Number of physical disks to use for this logical disk. Optional.',
  controller: 'Controller to use for this logical disk. Optional.',
  physical_disks: 'The physical disks to use for this logical disk. Optional.',
};
