import { RedfishError } from './error.ts';
import { collection, healthy, type RedfishRequest } from './request.ts';

/** Path of a network adapter; they are counted from 1, one for each port. */
export const adapterPath = ({ machine }: Pick<RedfishRequest, 'machine'>, number: number): string =>
  `/redfish/v1/Chassis/${machine.identity.uuid}/NetworkAdapters/NIC.${number}`;

/** Numbers of the network adapters of a machine. */
export const adapterNumbers = ({ machine }: Pick<RedfishRequest, 'machine'>): readonly number[] =>
  machine.hardware.nics.map((_nic, index) => index + 1);

export function networkAdapters(request: RedfishRequest): Record<string, unknown> {
  const path = `/redfish/v1/Chassis/${request.machine.identity.uuid}/NetworkAdapters`;
  const adapters = adapterNumbers(request).map((number) => adapterPath(request, number));
  return collection(path, 'NetworkAdapterCollection', 'Network adapters', adapters);
}

export function networkAdapter(request: RedfishRequest): Record<string, unknown> {
  const { machine, call, params } = request;
  const number = adapterNumbers(request).find((each) => `NIC.${each}` === params['member']);
  if (number === undefined) throw new RedfishError('ResourceMissingAtURI', [call.path]);
  return {
    '@odata.id': adapterPath(request, number),
    '@odata.type': '#NetworkAdapter.v1_11_0.NetworkAdapter',
    Id: `NIC.${number}`,
    Name: `Network adapter ${number}`,
    Manufacturer: machine.hardware.vendor,
    Model: 'FW-NIC-25',
    SerialNumber: `${machine.identity.serial}N${number}`,
    Controllers: [
      { FirmwarePackageVersion: machine.nicVersion(number), ControllerCapabilities: { NetworkPortCount: 1 } },
    ],
    Status: healthy,
  };
}
