import { RedfishError } from './error.ts';
import { lamp, readLamp } from './lamps.ts';
import {
  collection,
  healthy,
  link,
  noContent,
  onlyWritable,
  parameterOneOf,
  type Answer,
  type RedfishRequest,
} from './request.ts';

const managerResets = ['GracefulRestart', 'ForceRestart'] as const;

/** The BMC itself. */
export function manager({ machine }: RedfishRequest): Record<string, unknown> {
  const { uuid } = machine.identity;
  const self = `/redfish/v1/Managers/${uuid}`;
  return {
    '@odata.id': self,
    '@odata.type': '#Manager.v1_19_1.Manager',
    Id: uuid,
    Name: 'BMC',
    ManagerType: 'BMC',
    Manufacturer: machine.personality.vendor,
    Model: machine.personality.bmcModel,
    UUID: uuid,
    ServiceEntryPointUUID: uuid,
    FirmwareVersion: machine.bmcVersion,
    DateTime: new Date(machine.world.time.now()).toISOString().replace(/\.\d+Z$/, '+00:00'),
    DateTimeLocalOffset: '+00:00',
    PowerState: 'On',
    Status: healthy,
    VirtualMedia: link(`${self}/VirtualMedia`),
    EthernetInterfaces: link(`${self}/EthernetInterfaces`),
    NetworkProtocol: link(`${self}/NetworkProtocol`),
    Links: {
      ManagerForServers: [link(`/redfish/v1/Systems/${uuid}`)],
      ManagerForChassis: [link(`/redfish/v1/Chassis/${uuid}`)],
    },
    Actions: {
      '#Manager.Reset': { target: `${self}/Actions/Manager.Reset`, 'ResetType@Redfish.AllowableValues': managerResets },
    },
  };
}

/** A BMC restart ends all its sessions; the machine goes on. */
export function resetManager({ body, bmc }: RedfishRequest): Answer {
  parameterOneOf('Manager.Reset', 'ResetType', body['ResetType'], managerResets);
  bmc.endSessions();
  return noContent;
}

export function managerInterfaces({ machine }: RedfishRequest): Record<string, unknown> {
  const path = `/redfish/v1/Managers/${machine.identity.uuid}/EthernetInterfaces`;
  return collection(path, 'EthernetInterfaceCollection', 'BMC network interfaces', [`${path}/1`]);
}

export function managerInterface({ machine, params, call }: RedfishRequest): Record<string, unknown> {
  if (params['member'] !== '1') throw new RedfishError('ResourceMissingAtURI', [call.path]);
  return {
    '@odata.id': `/redfish/v1/Managers/${machine.identity.uuid}/EthernetInterfaces/1`,
    '@odata.type': '#EthernetInterface.v1_12_0.EthernetInterface',
    Id: '1',
    Name: 'BMC network interface',
    InterfaceEnabled: true,
    HostName: `${machine.name}-bmc`,
    Status: healthy,
  };
}

export function networkProtocol({ machine }: RedfishRequest): Record<string, unknown> {
  return {
    '@odata.id': `/redfish/v1/Managers/${machine.identity.uuid}/NetworkProtocol`,
    '@odata.type': '#ManagerNetworkProtocol.v1_10_1.ManagerNetworkProtocol',
    Id: 'NetworkProtocol',
    Name: 'BMC network protocols',
    HostName: `${machine.name}-bmc`,
    HTTP: { ProtocolEnabled: true, Port: 80 },
    HTTPS: { ProtocolEnabled: true, Port: 443 },
    IPMI: { ProtocolEnabled: false, Port: 623 },
    VirtualMedia: { ProtocolEnabled: true, Port: 443 },
    Status: healthy,
  };
}

export function chassis({ machine, bmc }: RedfishRequest): Record<string, unknown> {
  const { uuid, serial } = machine.identity;
  const self = `/redfish/v1/Chassis/${uuid}`;
  return {
    '@odata.id': self,
    '@odata.type': '#Chassis.v1_25_1.Chassis',
    Id: uuid,
    Name: `Chassis of ${machine.name}`,
    ChassisType: 'RackMount',
    Manufacturer: machine.personality.vendor,
    Model: machine.hardware.model,
    SerialNumber: serial,
    PowerState: machine.power,
    ...lamp(bmc),
    Status: { ...healthy, HealthRollup: 'OK' },
    Power: link(`${self}/Power`),
    Thermal: link(`${self}/Thermal`),
    NetworkAdapters: link(`${self}/NetworkAdapters`),
    Links: {
      ComputerSystems: [link(`/redfish/v1/Systems/${uuid}`)],
      ManagedBy: [link(`/redfish/v1/Managers/${uuid}`)],
    },
  };
}

/** PATCH of the chassis: its lamp. */
export function patchChassis(request: RedfishRequest): Answer {
  onlyWritable(request.body, ['LocationIndicatorActive', 'IndicatorLED'], chassis(request));
  const lit = readLamp(request.body);
  if (lit !== undefined) request.bmc.locationLed = lit;
  return { status: 200, body: chassis(request) };
}

export function power({ machine }: RedfishRequest): Record<string, unknown> {
  const self = `/redfish/v1/Chassis/${machine.identity.uuid}/Power`;
  const watts = machine.power === 'On' ? 240 : 18;
  return {
    '@odata.id': self,
    '@odata.type': '#Power.v1_7_3.Power',
    Id: 'Power',
    Name: 'Power',
    PowerControl: [
      { '@odata.id': `${self}#/PowerControl/0`, MemberId: '0', PowerConsumedWatts: watts, Status: healthy },
    ],
    PowerSupplies: [0, 1].map((index) => ({
      '@odata.id': `${self}#/PowerSupplies/${index}`,
      MemberId: String(index),
      Name: `Power supply ${index + 1}`,
      PowerCapacityWatts: 800,
      LastPowerOutputWatts: watts / 2,
      LineInputVoltage: 230,
      Status: healthy,
    })),
  };
}

export function thermal({ machine }: RedfishRequest): Record<string, unknown> {
  const self = `/redfish/v1/Chassis/${machine.identity.uuid}/Thermal`;
  const on = machine.power === 'On';
  return {
    '@odata.id': self,
    '@odata.type': '#Thermal.v1_7_3.Thermal',
    Id: 'Thermal',
    Name: 'Thermal',
    Fans: [0, 1].map((index) => ({
      '@odata.id': `${self}#/Fans/${index}`,
      MemberId: String(index),
      Name: `Fan ${index + 1}`,
      Reading: on ? 6400 : 0,
      ReadingUnits: 'RPM',
      Status: healthy,
    })),
    Temperatures: [
      {
        '@odata.id': `${self}#/Temperatures/0`,
        MemberId: '0',
        Name: 'Inlet',
        PhysicalContext: 'Intake',
        ReadingCelsius: on ? 24 : 21,
        UpperThresholdCritical: 47,
        Status: healthy,
      },
    ],
  };
}
