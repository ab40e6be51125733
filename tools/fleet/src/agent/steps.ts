/** The steps the real agent's generic hardware manager offers, as recorded from version 13.0.0. */
export interface AgentStep {
  readonly step: string;
  readonly priority: number;
  readonly interface: 'deploy' | 'raid';
  readonly reboot_requested: false;
  readonly abortable?: true;
  readonly argsinfo?: Readonly<Record<string, { readonly description: string; readonly required: boolean }>>;
}

export const hardwareManagerVersion: Readonly<Record<string, string>> = { generic_hardware_manager: '1.2' };

const nvramArguments = {
  match_patterns: {
    description:
      'Json blob contains a list of regex patterns where any UEFI NVRAM entry matching that pattern will be deleted. ' +
      'Default value is \'["^HD\\(", "shim.*\\.efi", "grub.*\\.efi"]\'',
    required: false,
  },
};

const raidArguments = {
  raid_config: { description: 'The RAID configuration to apply.', required: true },
  delete_existing: {
    description:
      "Setting this to 'True' indicates to delete existing RAID configuration prior to creating the new configuration. " +
      "Default value is 'True'.",
    required: false,
  },
};

const injectArguments = {
  files: {
    description:
      "Files to inject, a list of file structures with keys: 'path' (path to the file), 'partition' (partition specifier), " +
      "'content' (base64 encoded string), 'mode' (new file mode) and 'dirmode' (mode for the leaf directory, if created). " +
      'Merged with the values from node.properties[inject_files].',
    required: false,
  },
  verify_ca: {
    description: 'Whether to verify TLS certificates. Global agent options are used by default.',
    required: false,
  },
};

function clean(
  step: string,
  priority: number,
  argsinfo?: AgentStep['argsinfo'],
  on: AgentStep['interface'] = 'deploy',
): AgentStep {
  const base = { step, priority, interface: on, reboot_requested: false, abortable: true } as const;
  return argsinfo === undefined ? base : { ...base, argsinfo };
}

function deploy(step: string, argsinfo?: AgentStep['argsinfo'], on: AgentStep['interface'] = 'deploy'): AgentStep {
  const base = { step, priority: 0, interface: on, reboot_requested: false } as const;
  return argsinfo === undefined ? base : { ...base, argsinfo };
}

export const cleanSteps: readonly AgentStep[] = [
  clean('erase_devices', 10),
  clean('erase_devices_metadata', 99),
  clean('erase_devices_express', 0),
  clean('erase_pstore', 0),
  clean('clean_uefi_nvram', 0, nvramArguments),
  clean('delete_configuration', 0, undefined, 'raid'),
  clean('create_configuration', 0, undefined, 'raid'),
  clean('burnin_cpu', 0),
  clean('burnin_gpu', 0),
  clean('burnin_disk', 0),
  clean('burnin_memory', 0),
  clean('burnin_network', 0),
];

export const deploySteps: readonly AgentStep[] = [
  deploy('erase_devices_metadata'),
  deploy('apply_configuration', raidArguments, 'raid'),
  deploy('clean_uefi_nvram', nvramArguments),
  deploy('write_image'),
  deploy('inject_files', injectArguments),
  deploy('execute_bootc_install'),
];

export const serviceSteps: readonly AgentStep[] = [
  clean('delete_configuration', 0, undefined, 'raid'),
  clean('apply_configuration', 0, raidArguments, 'raid'),
  clean('create_configuration', 0, undefined, 'raid'),
  clean('burnin_cpu', 0),
  clean('burnin_gpu', 0),
  clean('burnin_disk', 0),
  clean('burnin_memory', 0),
  clean('burnin_network', 0),
];

/** The steps of a hardware manager of the user's own, for deployments that bring their own method. */
export function customSteps(names: readonly string[]): AgentStep[] {
  return names.map((name) => deploy(name));
}
