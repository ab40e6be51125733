import type { ManagedMachine } from '../machine/managed-machine.ts';
import { RedfishError } from './error.ts';
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

type Component = 'BIOS' | 'BMC';
const components: readonly Component[] = ['BIOS', 'BMC'];
const updateSeconds: Readonly<Record<Component, number>> = { BIOS: 120, BMC: 60 };
const inventoryPath = '/redfish/v1/UpdateService/FirmwareInventory';

export function firmwareInventory(): Record<string, unknown> {
  const members = components.map((component) => `${inventoryPath}/${component}`);
  return collection(inventoryPath, 'SoftwareInventoryCollection', 'Firmware', members);
}

export function firmware(request: RedfishRequest): Record<string, unknown> {
  const { machine, params } = request;
  const component = components.find((known) => known === params['member']);
  if (component === undefined) throw new RedfishError('ResourceMissingAtURI', [request.call.path]);
  const { uuid } = machine.identity;
  return {
    '@odata.id': `${inventoryPath}/${component}`,
    '@odata.type': '#SoftwareInventory.v1_10_2.SoftwareInventory',
    Id: component,
    Name: component === 'BIOS' ? 'System BIOS' : machine.personality.bmcModel,
    Version: component === 'BIOS' ? machine.biosVersion : machine.bmcVersion,
    Updateable: true,
    RelatedItem: [link(component === 'BIOS' ? `/redfish/v1/Systems/${uuid}/Bios` : `/redfish/v1/Managers/${uuid}`)],
    Status: healthy,
  };
}

/** Fetches the image and, some time later, runs the version named in it (or one higher). */
export function simpleUpdate(request: RedfishRequest): Answer {
  const { body, bmc, machine } = request;
  const url = parameterText('UpdateService.SimpleUpdate', 'ImageURI', body['ImageURI']);
  const { Targets: targets } = body;
  const text = JSON.stringify(targets ?? []).toLowerCase();
  const component: Component = text.includes('bmc') || text.includes('/managers/') ? 'BMC' : 'BIOS';
  const started = bmc.startTask(`Update of ${component}`, updateSeconds[component], async () => {
    const { status, body: image } = await machine.world.http.fetch(url, { trust: { insecure: true } });
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    const version =
      /version[=:]\s*([\w.-]+)/i.exec(image.toString('latin1', 0, 4096))?.[1] ?? nextVersion(machine, component);
    if (component === 'BIOS') machine.biosVersion = version;
    else machine.bmcVersion = version;
    machine.record('firmware-updated', { component, version, url });
    return `${component} runs version ${version} now.`;
  });
  return accepted(bmc, started);
}

function nextVersion(machine: ManagedMachine, component: Component): string {
  const parts = (component === 'BIOS' ? machine.biosVersion : machine.bmcVersion).split('.');
  return [...parts.slice(0, -1), Number(parts.at(-1)) + 1].join('.');
}
