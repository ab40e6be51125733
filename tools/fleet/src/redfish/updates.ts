import { RedfishError } from './error.ts';
import { adapterNumbers, adapterPath } from './network-adapters.ts';
import { collection, healthy, link, parameterText, type Answer, type RedfishRequest } from './request.ts';
import { accepted } from './tasks.ts';

export function updateService(): Record<string, unknown> {
  return {
    '@odata.id': '/redfish/v1/UpdateService',
    '@odata.type': '#UpdateService.v1_14_0.UpdateService',
    Id: 'UpdateService',
    Name: 'Firmware update',
    ServiceEnabled: true,
    Status: healthy,
    FirmwareInventory: link('/redfish/v1/UpdateService/FirmwareInventory'),
    Actions: {
      '#UpdateService.SimpleUpdate': {
        target: '/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate',
        'TransferProtocol@Redfish.AllowableValues': ['HTTP', 'HTTPS'],
      },
    },
  };
}

/** What can be updated: its entry in the inventory, and how its version is read and changed. */
interface Firmware {
  readonly entry: string;
  readonly name: string;
  readonly item: string;
  readonly seconds: number;
  readonly version: string;
  install(version: string): void;
}

const inventoryPath = '/redfish/v1/UpdateService/FirmwareInventory';

function firmwaresOf(request: Pick<RedfishRequest, 'machine'>): readonly Firmware[] {
  const { machine } = request;
  const { uuid } = machine.identity;
  return [
    {
      entry: 'BIOS',
      name: 'System BIOS',
      item: `/redfish/v1/Systems/${uuid}/Bios`,
      seconds: 120,
      version: machine.biosVersion,
      install: (version) => void (machine.biosVersion = version),
    },
    {
      entry: 'BMC',
      name: machine.personality.bmcModel,
      item: `/redfish/v1/Managers/${uuid}`,
      seconds: 60,
      version: machine.bmcVersion,
      install: (version) => void (machine.bmcVersion = version),
    },
    ...adapterNumbers(request).map((number) => ({
      entry: `Adapter-${number}`,
      name: `Network adapter ${number}`,
      item: adapterPath(request, number),
      seconds: 30,
      version: machine.nicVersion(number),
      // An adapter loads its firmware when it starts.
      install: (version: string) => void machine.pendingNics.set(number, version),
    })),
  ];
}

export function firmwareInventory(request: RedfishRequest): Record<string, unknown> {
  const members = firmwaresOf(request).map(({ entry }) => `${inventoryPath}/${entry}`);
  return collection(inventoryPath, 'SoftwareInventoryCollection', 'Firmware', members);
}

export function firmware(request: RedfishRequest): Record<string, unknown> {
  const found = firmwaresOf(request).find(({ entry }) => entry === request.params['member']);
  if (found === undefined) throw new RedfishError('ResourceMissingAtURI', [request.call.path]);
  return {
    '@odata.id': `${inventoryPath}/${found.entry}`,
    '@odata.type': '#SoftwareInventory.v1_10_2.SoftwareInventory',
    Id: found.entry,
    Name: found.name,
    Version: found.version,
    Updateable: true,
    RelatedItem: [link(found.item)],
    Status: healthy,
  };
}

/** Fetches the image and, some time later, runs the version named in it (or one higher). Without a target it is taken for a BIOS. */
export function simpleUpdate(request: RedfishRequest): Answer {
  const { body, bmc, machine } = request;
  const url = parameterText('UpdateService.SimpleUpdate', 'ImageURI', body['ImageURI']);
  const { Targets: targets } = body;
  const named: readonly unknown[] = Array.isArray(targets) ? targets : [];
  const [bios, ...others] = firmwaresOf(request);
  const meant =
    others.find(({ entry, item }) => named.includes(`${inventoryPath}/${entry}`) || named.includes(item)) ?? bios;
  if (meant === undefined) throw new Error('unreachable: every machine has a BIOS');
  const { entry: component, seconds } = meant;
  const started = bmc.startTask(`Update of ${component}`, seconds, async () => {
    const { status, body: image } = await machine.world.http.fetch(url, { trust: { insecure: true } });
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    const version =
      /version[=:]\s*([\w.-]+)/i.exec(image.toString('latin1', 0, 4096))?.[1] ?? nextVersion(meant.version);
    meant.install(version);
    machine.record('firmware-updated', { component, version, url });
    return `${component} runs version ${version} now.`;
  });
  return accepted(bmc, started);
}

function nextVersion(version: string): string {
  const parts = version.split('.');
  return [...parts.slice(0, -1), Number(parts.at(-1)) + 1].join('.');
}
