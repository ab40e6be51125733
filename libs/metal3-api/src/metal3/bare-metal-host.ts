import { defineKind, type Resource } from '../kind.ts';
import { Type, choice, timestamp, type Static } from '../schema.ts';
import { Condition, ObjectReference, SecretReference } from '../shapes.ts';
import { FirmwareConfig } from './firmware-config.ts';
import { Image } from './image.ts';
import { RaidConfig } from './raid.ts';
import { RootDeviceHints } from './root-device-hints.ts';
import { CredentialsStatus } from './credentials-status.ts';
import { HardwareDetails } from './hardware-details.ts';
import { OperationMetric } from './operation-history.ts';

export const BareMetalHostSpec = Type.Object({
  architecture: Type.Optional(Type.String({ description: 'CPU architecture; filled in from inspection when empty.' })),
  automatedCleaningMode: Type.Optional(
    choice(['metadata', 'disabled'], {
      description: 'Whether disks are cleaned when the host is prepared and released.',
      default: 'metadata',
    }),
  ),
  bmc: Type.Optional(
    Type.Object(
      {
        address: Type.String({
          description:
            'URL of the BMC; its scheme chooses the driver, for example redfish-virtualmedia+https://192.0.2.7/redfish/v1/Systems/1.',
        }),
        credentialsName: Type.String({
          description: 'Secret in the same namespace with the keys username and password.',
        }),
        disableCertificateVerification: Type.Optional(
          Type.Boolean({ description: 'Accept any TLS certificate of the BMC.' }),
        ),
      },
      { description: 'How to reach the BMC.' },
    ),
  ),
  bootMACAddress: Type.Optional(
    Type.String({
      description: 'MAC address of the NIC that boots from the network; may not change once set.',
      pattern: '[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}',
    }),
  ),
  bootMode: Type.Optional(
    choice(['UEFI', 'UEFISecureBoot', 'legacy'], { description: 'Firmware mode the machine boots in.' }),
  ),
  consumerRef: Type.Optional(ObjectReference),
  customDeploy: Type.Optional(
    Type.Object({ method: Type.String() }, { description: 'Deploy with a custom step instead of writing an image.' }),
  ),
  description: Type.Optional(Type.String({ description: 'Free text for people.' })),
  disablePowerOff: Type.Optional(Type.Boolean({ description: 'Never power this host off; reboot instead.' })),
  externallyProvisioned: Type.Optional(
    Type.Boolean({ description: 'Something else put the operating system there: manage power only.' }),
  ),
  firmware: Type.Optional(FirmwareConfig),
  hardwareProfile: Type.Optional(Type.String()),
  image: Type.Optional(Image),
  inspectionMode: Type.Optional(
    choice(['disabled', 'agent', 'fast'], { description: 'How the hardware is inspected.' }),
  ),
  metaData: Type.Optional(SecretReference),
  networkData: Type.Optional(SecretReference),
  networkInterfaces: Type.Optional(
    Type.Array(
      Type.Object({
        hostNetworkAttachment: Type.Optional(
          Type.Object({
            name: Type.Optional(Type.String({ maxLength: 253 })),
            namespace: Type.Optional(Type.String({ maxLength: 63 })),
          }),
        ),
        macAddress: Type.Optional(Type.String({ pattern: '^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$' })),
        name: Type.Optional(Type.String({ pattern: '^[a-zA-Z0-9._-]+$' })),
        switchPort: Type.Optional(
          Type.Object({
            portID: Type.String(),
            switchID: Type.String({ pattern: '^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$' }),
          }),
        ),
      }),
    ),
  ),
  online: Type.Boolean({ description: 'Whether the machine should be powered on.' }),
  preprovisioningNetworkDataName: Type.Optional(Type.String()),
  raid: Type.Optional(RaidConfig),
  rootDeviceHints: Type.Optional(RootDeviceHints),
  taints: Type.Optional(
    Type.Array(
      Type.Object({
        effect: Type.String(),
        key: Type.String(),
        timeAdded: Type.Optional(timestamp()),
        value: Type.Optional(Type.String()),
      }),
    ),
  ),
  userData: Type.Optional(SecretReference),
});
export type BareMetalHostSpec = Static<typeof BareMetalHostSpec>;

/** Which operation of a host failed. */
export const hostErrorTypes = [
  'provisioned registration error',
  'registration error',
  'inspection error',
  'preparation error',
  'provisioning error',
  'power management error',
  'servicing error',
] as const;

export const BareMetalHostStatus = Type.Object({
  conditions: Type.Optional(
    Type.Array(Condition, { maxItems: 32, 'x-kubernetes-list-map-keys': ['type'], 'x-kubernetes-list-type': 'map' }),
  ),
  errorCount: Type.Integer({ description: 'Failures in a row of the present operation.', default: 0 }),
  errorMessage: Type.String({ description: 'The last error in words; empty when there is none.' }),
  errorType: Type.Optional(choice(hostErrorTypes, { description: 'Which operation failed.' })),
  goodCredentials: Type.Optional(CredentialsStatus),
  hardware: Type.Optional(HardwareDetails),
  hardwareProfile: Type.Optional(Type.String()),
  lastAttemptedImage: Type.Optional(Image),
  lastUpdated: Type.Optional(timestamp()),
  operationHistory: Type.Optional(
    Type.Object({
      deprovision: Type.Optional(OperationMetric),
      inspect: Type.Optional(OperationMetric),
      provision: Type.Optional(OperationMetric),
      register: Type.Optional(OperationMetric),
    }),
  ),
  operationalStatus: choice(['', 'OK', 'discovered', 'error', 'delayed', 'detached', 'servicing'], {
    description: 'Whether the host needs attention.',
  }),
  poweredOn: Type.Boolean({ description: 'Last power state seen.' }),
  provisioning: Type.Object({
    ID: Type.String(),
    bootMode: Type.Optional(choice(['UEFI', 'UEFISecureBoot', 'legacy'])),
    customDeploy: Type.Optional(Type.Object({ method: Type.String() })),
    firmware: Type.Optional(FirmwareConfig),
    image: Type.Optional(Image),
    raid: Type.Optional(RaidConfig),
    rootDeviceHints: Type.Optional(RootDeviceHints),
    state: Type.String(),
  }),
  provisioningFailCount: Type.Integer({ default: 0 }),
  triedCredentials: Type.Optional(CredentialsStatus),
});
export type BareMetalHostStatus = Static<typeof BareMetalHostStatus>;

/** One physical machine: how to reach its BMC, what should run on it, and what is known of it. */
export type BareMetalHost = Resource<BareMetalHostSpec, BareMetalHostStatus>;

export const bareMetalHost = defineKind<BareMetalHost>({
  group: 'metal3.io',
  kind: 'BareMetalHost',
  plural: 'baremetalhosts',
  singular: 'baremetalhost',
  shortNames: ['bmh', 'bmhost'],
  // `clusterctl move` takes hosts along, with what they own: their Secrets. No owner leads from a Cluster to them.
  labels: {
    'clusterctl.cluster.x-k8s.io': '',
    'clusterctl.cluster.x-k8s.io/move': '',
    'clusterctl.cluster.x-k8s.io/move-hierarchy': '',
  },
  versions: [
    {
      name: 'v1alpha1',
      storage: true,
      spec: BareMetalHostSpec,
      status: BareMetalHostStatus,
      columns: [
        { jsonPath: '.status.operationalStatus', name: 'Status', priority: 1, type: 'string' },
        { jsonPath: '.status.provisioning.state', name: 'State', type: 'string' },
        { jsonPath: '.spec.consumerRef.name', name: 'Consumer', type: 'string' },
        { jsonPath: '.spec.bmc.address', name: 'BMC', priority: 1, type: 'string' },
        { jsonPath: '.spec.online', name: 'Online', type: 'string' },
        { jsonPath: '.status.errorType', name: 'Error', type: 'string' },
        { jsonPath: '.metadata.creationTimestamp', name: 'Age', type: 'date' },
      ],
      subresources: 'status',
    },
  ],
});
