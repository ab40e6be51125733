import { personalities, type PersonalityName } from '../machine/personality.ts';
import { derive } from '../random.ts';
import { link, healthy } from './request.ts';
import { sessionTimeout } from './access.ts';

/** The service root, readable without authentication. */
export function serviceRoot(seed: number, dealt: readonly PersonalityName[]): Record<string, unknown> {
  // One service stands for all BMCs: it names a vendor when there is only one, and otherwise leaves that to the systems.
  const [first = 'generic', ...others] = new Set(dealt);
  const { vendor, bmcModel } = personalities[first];
  const hex = derive('service', seed).toString('hex');
  return {
    '@odata.id': '/redfish/v1/',
    '@odata.type': '#ServiceRoot.v1_17_0.ServiceRoot',
    Id: 'RootService',
    Name: 'Root Service',
    RedfishVersion: '1.20.0',
    UUID: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`,
    ...(others.length === 0 ? { Vendor: vendor, Product: bmcModel } : {}),
    ProtocolFeaturesSupported: {
      ExpandQuery: { ExpandAll: false, Levels: false, Links: false, NoLinks: false },
      FilterQuery: false,
      OnlyMemberQuery: false,
      SelectQuery: false,
    },
    Systems: link('/redfish/v1/Systems'),
    Managers: link('/redfish/v1/Managers'),
    Chassis: link('/redfish/v1/Chassis'),
    SessionService: link('/redfish/v1/SessionService'),
    Tasks: link('/redfish/v1/TaskService'),
    EventService: link('/redfish/v1/EventService'),
    UpdateService: link('/redfish/v1/UpdateService'),
    Registries: link('/redfish/v1/Registries'),
    Links: { Sessions: link('/redfish/v1/SessionService/Sessions') },
  };
}

export function odata(): Record<string, unknown> {
  const sets = [
    'Systems',
    'Managers',
    'Chassis',
    'SessionService',
    'TaskService',
    'EventService',
    'UpdateService',
    'Registries',
  ];
  return {
    '@odata.context': '/redfish/v1/$metadata',
    value: sets.map((name) => ({ name, kind: 'Singleton', url: `/redfish/v1/${name}` })),
  };
}

export function sessionService(): Record<string, unknown> {
  return {
    '@odata.id': '/redfish/v1/SessionService',
    '@odata.type': '#SessionService.v1_1_9.SessionService',
    Id: 'SessionService',
    Name: 'Sessions',
    ServiceEnabled: true,
    SessionTimeout: sessionTimeout,
    Status: healthy,
    Sessions: link('/redfish/v1/SessionService/Sessions'),
  };
}
