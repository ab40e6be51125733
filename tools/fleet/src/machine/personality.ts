import { hardware } from './hardware.ts';
import type { BootTarget } from './state.ts';

/** In which ways a BMC of some vendor departs from the letter of Redfish. Data: a new vendor is a row, not a branch. */
export interface Personality {
  /** As the system's Manufacturer and the service root's Vendor. */
  readonly vendor: string;
  readonly bmcModel: string;
  /** The boot override target that means the virtual CD; the other one means a drive these machines do not have. */
  readonly virtualCdTarget: 'Cd' | 'UsbCd';
  /** A PATCH of the boot override must carry target, enabled and mode together. */
  readonly completeBootPatch: boolean;
  /** A boot target without BootSourceOverrideEnabled beside it leaves the override disabled. */
  readonly forgetsEnabled: boolean;
  /** The boot override cannot be changed during the power-on self test. */
  readonly lockedDuringSelfTest: boolean;
  /** `Continuous` is refused. */
  readonly onceOnly: boolean;
  /** InsertMedia refuses Inserted and WriteProtected. */
  readonly bareInsert: boolean;
  /** InsertMedia needs a user name and a password, whatever they are. */
  readonly insertNeedsCredentials: boolean;
  /** There are no media actions: a PATCH of the drive inserts and ejects. */
  readonly insertByPatch: boolean;
  /** EjectMedia needs a JSON object as its body. */
  readonly ejectNeedsObject: boolean;
  /** Drives show under the manager only. */
  readonly mediaUnderManagerOnly: boolean;
  /** Tags are given as weak ones, and only strong ones are taken. */
  readonly weakTags: boolean;
  /** Bodies are sent in gzip alone: `Accept-Encoding: identity` is answered with 406. */
  readonly refusesIdentityEncoding: boolean;
}

const generic: Personality = {
  vendor: hardware.vendor,
  bmcModel: hardware.bmcModel,
  virtualCdTarget: 'Cd',
  completeBootPatch: false,
  forgetsEnabled: false,
  lockedDuringSelfTest: false,
  onceOnly: false,
  bareInsert: false,
  insertNeedsCredentials: false,
  insertByPatch: false,
  ejectNeedsObject: false,
  mediaUnderManagerOnly: false,
  weakTags: false,
  refusesIdentityEncoding: false,
};

/** The vendors whose quirks are known to Ironic's Redfish client, and one without any. */
export const personalities = {
  generic,
  supermicro: {
    ...generic,
    vendor: 'Supermicro',
    bmcModel: 'X12',
    virtualCdTarget: 'UsbCd',
    forgetsEnabled: true,
    bareInsert: true,
    mediaUnderManagerOnly: true,
  },
  ami: { ...generic, vendor: 'American Megatrends International LLC', bmcModel: 'MegaRAC', completeBootPatch: true },
  hpe: {
    ...generic,
    vendor: 'HPE',
    bmcModel: 'iLO 5',
    lockedDuringSelfTest: true,
    ejectNeedsObject: true,
    mediaUnderManagerOnly: true,
    weakTags: true,
    refusesIdentityEncoding: true,
  },
  lenovo: { ...generic, vendor: 'Lenovo', bmcModel: 'XCC', insertByPatch: true, mediaUnderManagerOnly: true },
  dell: { ...generic, vendor: 'Dell Inc.', bmcModel: '14G Monolithic', mediaUnderManagerOnly: true },
  nvidia: { ...generic, vendor: 'NVIDIA', bmcModel: 'DGX', insertNeedsCredentials: true },
  cautious: { ...generic, vendor: 'Cautious Computers', onceOnly: true, weakTags: true, mediaUnderManagerOnly: true },
} as const satisfies Readonly<Record<string, Personality>>;

export type PersonalityName = keyof typeof personalities;

export function isPersonality(name: string): name is PersonalityName {
  return Object.hasOwn(personalities, name);
}

/** The boot override targets a BMC offers. */
export function offeredTargets({ virtualCdTarget }: Personality, all: readonly BootTarget[]): readonly BootTarget[] {
  return virtualCdTarget === 'UsbCd' ? all : all.filter((target) => target !== 'UsbCd');
}
