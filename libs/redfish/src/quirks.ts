/**
 * What some BMCs need that the standard does not say. Data, so that a new vendor is a row and not a branch.
 * Sources: the behaviour of sushy and of Ironic's redfish driver with these machines.
 */
export interface Quirks {
  /** The boot PATCH must carry target, mode and enabled together. */
  readonly bootPatchComplete: boolean;
  /** `BootSourceOverrideEnabled` must be sent even when it does not change. */
  readonly alwaysSendEnabled: boolean;
  /** A virtual CD boots as this override target instead of `Cd`. */
  readonly virtualCdTarget: 'Cd' | 'UsbCd';
  /** Body of EjectMedia: some reject none, some reject an empty object. */
  readonly ejectBody: 'object' | 'none';
}

const standard: Quirks = {
  bootPatchComplete: false,
  alwaysSendEnabled: false,
  virtualCdTarget: 'Cd',
  ejectBody: 'object',
};

const table: readonly { readonly vendor: RegExp; readonly quirks: Partial<Quirks> }[] = [
  { vendor: /supermicro/i, quirks: { alwaysSendEnabled: true, virtualCdTarget: 'UsbCd' } },
  // A bare substring "ami" would also match other names.
  { vendor: /american megatrends|\bami\b|asrockrack|redfish_compatible/i, quirks: { bootPatchComplete: true } },
];

/** Quirks of a vendor name as the service root or the system reports it. */
export function quirksOf(vendor: string | undefined): Quirks {
  if (vendor === undefined) return standard;
  return table
    .filter((row) => row.vendor.test(vendor))
    .reduce<Quirks>((all, row) => ({ ...all, ...row.quirks }), standard);
}
