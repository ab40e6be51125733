import { RedfishError } from './error.ts';
import { isRecord, link, noContent, onlyWritable, oneOf, type Answer, type RedfishRequest } from './request.ts';

interface Attribute {
  readonly type: 'Enumeration' | 'Integer' | 'Boolean' | 'String';
  readonly initial: string | number | boolean;
  readonly text: string;
  readonly values?: readonly string[];
  readonly lower?: number;
  readonly upper?: number;
  readonly readOnly?: boolean;
}

/** The BIOS set-up of the simulated model: one attribute of each type, and the ones Metal3 sets. */
const attributes: Readonly<Record<string, Attribute>> = {
  BootMode: { type: 'Enumeration', initial: 'Uefi', values: ['Uefi', 'Bios'], text: 'Boot mode' },
  ProcVirtualization: {
    type: 'Enumeration',
    initial: 'Enabled',
    values: ['Enabled', 'Disabled'],
    text: 'Virtualization technology',
  },
  SriovGlobalEnable: { type: 'Enumeration', initial: 'Disabled', values: ['Enabled', 'Disabled'], text: 'SR-IOV' },
  LogicalProc: { type: 'Enumeration', initial: 'Enabled', values: ['Enabled', 'Disabled'], text: 'Logical processors' },
  SysProfile: {
    type: 'Enumeration',
    initial: 'Balanced',
    values: ['Balanced', 'Performance', 'PowerSaver'],
    text: 'System profile',
  },
  BootRetryDelay: { type: 'Integer', initial: 30, lower: 0, upper: 600, text: 'Seconds between boot attempts' },
  QuietBoot: { type: 'Boolean', initial: true, text: 'Hide self test messages' },
  AssetLabel: { type: 'String', initial: '', text: 'Asset label' },
  SystemServiceTag: { type: 'String', initial: 'FW1000', readOnly: true, text: 'Service tag' },
};

export const biosRegistry = 'FleetBiosAttributeRegistry.v1_0_0';

const factory = Object.fromEntries(Object.entries(attributes).map(([name, { initial }]) => [name, initial]));

export function bios({ machine }: RedfishRequest): Record<string, unknown> {
  const self = `/redfish/v1/Systems/${machine.identity.uuid}/Bios`;
  return {
    '@odata.id': self,
    '@odata.type': '#Bios.v1_2_1.Bios',
    Id: 'Bios',
    Name: 'BIOS settings in effect',
    AttributeRegistry: biosRegistry,
    Attributes: { ...factory, ...machine.bios },
    '@Redfish.Settings': {
      '@odata.type': '#Settings.v1_3_5.Settings',
      SettingsObject: link(`${self}/Settings`),
      SupportedApplyTimes: ['OnReset'],
    },
    Actions: {
      '#Bios.ResetBios': { target: `${self}/Actions/Bios.ResetBios` },
      '#Bios.ChangePassword': { target: `${self}/Actions/Bios.ChangePassword` },
    },
  };
}

/** Settings for the next power-on self test. */
export function biosSettings({ machine }: RedfishRequest): Record<string, unknown> {
  return {
    '@odata.id': `/redfish/v1/Systems/${machine.identity.uuid}/Bios/Settings`,
    '@odata.type': '#Bios.v1_2_1.Bios',
    Id: 'Settings',
    Name: 'BIOS settings for the next start',
    AttributeRegistry: biosRegistry,
    Attributes: machine.pendingBios ?? {},
  };
}

export function patchBiosSettings(request: RedfishRequest): Answer {
  const { body, machine } = request;
  onlyWritable(body, ['Attributes', '@Redfish.SettingsApplyTime'], biosSettings(request));
  const { Attributes: wanted } = body;
  if (!isRecord(wanted)) throw new RedfishError('PropertyMissing', ['Attributes']);
  for (const [name, value] of Object.entries(wanted)) check(name, value);
  machine.pendingBios = { ...machine.pendingBios, ...wanted };
  return { status: 200, body: biosSettings(request) };
}

export function resetBios({ machine }: RedfishRequest): Answer {
  machine.pendingBios = factory;
  return noContent;
}

function check(name: string, value: unknown): void {
  const attribute = attributes[name];
  if (attribute === undefined) throw new RedfishError('PropertyUnknown', [name]);
  if (attribute.readOnly === true) throw new RedfishError('PropertyNotWritable', [name]);
  if (typeof value !== typeof attribute.initial) {
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(value), name]);
  }
  if (attribute.values !== undefined) oneOf(name, value, attribute.values);
  const { lower = -Infinity, upper = Infinity } = attribute;
  if (typeof value === 'number' && (value < lower || value > upper || !Number.isInteger(value))) {
    throw new RedfishError('PropertyValueNotInList', [String(value), name]);
  }
}

/** The attribute registry: types, bounds and current defaults of every attribute. */
export function attributeRegistry(): Record<string, unknown> {
  return {
    '@odata.id': `/redfish/v1/Registries/${biosRegistry}/file`,
    '@odata.type': '#AttributeRegistry.v1_3_8.AttributeRegistry',
    Id: biosRegistry,
    Name: 'BIOS attribute registry',
    Language: 'en',
    OwningEntity: 'Fleet Works',
    RegistryVersion: '1.0.0',
    RegistryEntries: {
      Attributes: Object.entries(attributes).map(([AttributeName, attribute], index) => ({
        AttributeName,
        DisplayName: attribute.text,
        DisplayOrder: index,
        Type: attribute.type,
        ReadOnly: attribute.readOnly ?? false,
        ResetRequired: true,
        DefaultValue: attribute.initial,
        ...(attribute.values === undefined
          ? {}
          : { Value: attribute.values.map((ValueName) => ({ ValueName, ValueDisplayName: ValueName })) }),
        ...(attribute.lower === undefined
          ? {}
          : { LowerBound: attribute.lower, UpperBound: attribute.upper, ScalarIncrement: 1 }),
        ...(attribute.type === 'String' ? { MinLength: 0, MaxLength: 64 } : {}),
      })),
    },
  };
}

export function secureBoot({ machine }: RedfishRequest): Record<string, unknown> {
  const self = `/redfish/v1/Systems/${machine.identity.uuid}/SecureBoot`;
  return {
    '@odata.id': self,
    '@odata.type': '#SecureBoot.v1_1_2.SecureBoot',
    Id: 'SecureBoot',
    Name: 'UEFI Secure Boot',
    SecureBootEnable: machine.pendingSecureBoot ?? machine.secureBoot,
    SecureBootCurrentBoot: machine.secureBoot ? 'Enabled' : 'Disabled',
    SecureBootMode: 'UserMode',
    Actions: {
      '#SecureBoot.ResetKeys': {
        target: `${self}/Actions/SecureBoot.ResetKeys`,
        'ResetKeysType@Redfish.AllowableValues': resetKeysTypes,
      },
    },
  };
}

const resetKeysTypes = ['ResetAllKeysToDefault', 'DeleteAllKeys', 'DeletePK'] as const;

export function patchSecureBoot(request: RedfishRequest): Answer {
  const { body, machine } = request;
  onlyWritable(body, ['SecureBootEnable'], secureBoot(request));
  const { SecureBootEnable: enable } = body;
  if (typeof enable !== 'boolean') {
    throw new RedfishError('PropertyValueTypeError', [JSON.stringify(enable), 'SecureBootEnable']);
  }
  machine.pendingSecureBoot = enable;
  return { status: 200, body: secureBoot(request) };
}

export function resetKeys({ body }: RedfishRequest): Answer {
  oneOf('ResetKeysType', body['ResetKeysType'], resetKeysTypes);
  return noContent;
}
