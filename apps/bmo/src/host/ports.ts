import type {
  BareMetalHost,
  BareMetalHostStatus,
  DataImage,
  DataImageStatus,
  FirmwareUpdate,
  HardwareData,
  HardwareDetails,
  PreprovisioningImage,
  PreprovisioningImageSpec,
} from '@metal3/metal3-api';
import type { HostEvent } from './events.ts';
import type { HostFirmware, SecretVersion } from './view.ts';

/** A Secret as BMO needs it: values decoded. */
export interface SecretValues {
  readonly version: SecretVersion;
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface HostChange {
  readonly dropAnnotations: readonly string[];
  /** Filled in where the host names none. */
  readonly architecture: string | undefined;
}

/** Where hosts and what belongs to them are kept. Every write answers with the object as it is afterwards. */
export interface HostStore {
  findHost(key: { readonly namespace?: string | undefined; readonly name: string }): BareMetalHost | undefined;
  findHardwareData(host: BareMetalHost): HardwareData | undefined;
  /** Name (`namespace/name`) of another host, in use, that has the same BMC address. */
  findBmcSharer(host: BareMetalHost): string | undefined;

  addFinalizer(host: BareMetalHost): Promise<BareMetalHost>;
  /** Lets the host go: with its last finalizer it disappears. */
  removeFinalizer(host: BareMetalHost): Promise<void>;
  /** Writes what a pass may write of a host besides its status: nothing that others may have written meanwhile is touched. */
  saveHost(host: BareMetalHost, change: HostChange): Promise<BareMetalHost>;
  /** Writes what differs of the status. */
  saveStatus(host: BareMetalHost, status: BareMetalHostStatus): Promise<BareMetalHost>;

  /** Without `claim` nothing is written. With it, label, owner reference and finalizer are put on the Secret. */
  findCredentials(host: BareMetalHost, claim: boolean): Promise<SecretValues | undefined>;
  /** Of what besides the host may end a failure, the versions known without asking the server: credentials, firmware, agent image. */
  surroundingsOf(host: BareMetalHost): string;
  /** @param name of the Secret: the one that the host names now, or one that it has named before */
  releaseCredentials(host: BareMetalHost, name?: string): Promise<void>;
  findSecret(namespace: string, name: string): Promise<SecretValues | undefined>;
  /** The Secret of `spec.preprovisioningNetworkDataName`, with label and finalizer put on it: it is held like the credentials. */
  findAgentNetwork(host: BareMetalHost): Promise<SecretValues | undefined>;
  /** Lets go of network Secrets of the namespace that no host but this one names, or has named before. */
  releaseAgentNetworks(host: BareMetalHost): Promise<void>;

  keepHardware(host: BareMetalHost, details: HardwareDetails): Promise<void>;
  /** What is on record of the host's firmware, wanted and found. */
  findFirmware(host: BareMetalHost): HostFirmware;
  /** Puts on record which firmware updates have been begun; none after a failure. */
  recordUpdates(host: BareMetalHost, updates: readonly FirmwareUpdate[]): Promise<void>;
  releaseHardware(host: BareMetalHost): Promise<void>;

  findImage(host: BareMetalHost): PreprovisioningImage | undefined;
  /** Makes it, or has it ask for something else; it carries the labels of the host, and is held with it. */
  keepImage(host: BareMetalHost, spec: PreprovisioningImageSpec): Promise<void>;
  releaseImage(host: BareMetalHost): Promise<void>;

  findDataImage(host: BareMetalHost): DataImage | undefined;
  saveDataImage(host: BareMetalHost, status: DataImageStatus): Promise<void>;

  publish(host: BareMetalHost, event: HostEvent): void;
}

/** Counters of section "metrics" of the documentation; names are those of upstream. */
export interface HostMetrics {
  reconciled(host: BareMetalHost): void;
  reconcileFailed(): void;
  hostFailed(reason: string): void;
  stateChanged(from: string, to: string): void;
  operationEnded(
    host: BareMetalHost,
    operation: 'register' | 'inspect' | 'provision' | 'deprovision',
    seconds: number,
  ): void;
  powerChanged(host: BareMetalHost, to: 'on' | 'off'): void;
  delayed(host: BareMetalHost, operation: 'provisioning' | 'deprovisioning'): void;
  configDataFailed(hostData: string): void;
  count(
    counter:
      | 'credentialsMissing'
      | 'credentialsInvalid'
      | 'credentialsUnhandledError'
      | 'credentialsUpdated'
      | 'noManagementAccess'
      | 'registrationRequired'
      | 'unmanaged'
      | 'deleteWithoutDeprovisioning'
      | 'provisionerNotReady'
      | 'deleteDelayedForDetached',
  ): void;
  forget(key: { readonly namespace?: string | undefined; readonly name: string }): void;
}
