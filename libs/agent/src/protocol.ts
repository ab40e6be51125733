/** One step as an agent offers it or is told to run it. `priority` 0: never run unless asked for. */
export interface AgentStep {
  readonly interface: string;
  readonly step: string;
  readonly priority?: number;
  readonly args?: Readonly<Record<string, unknown>> | null;
  readonly abortable?: boolean;
  readonly reboot_requested?: boolean;
  readonly requires_ramdisk?: boolean;
  readonly argsinfo?: Readonly<Record<string, { readonly description?: string; readonly required?: boolean }>> | null;
}

export type CommandStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CLEAN_VERSION_MISMATCH';

/** A command the agent was given, as its command list tells it. `name` is without the extension prefix. */
export interface AgentCommand {
  readonly id: string;
  readonly name: string;
  readonly status: CommandStatus;
  readonly error: { readonly type: string; readonly message: string; readonly details: string } | undefined;
  readonly result: unknown;
}

/** What get_clean_steps, get_deploy_steps and get_service_steps answer, flattened over hardware managers. */
export interface OfferedSteps {
  readonly steps: readonly AgentStep[];
  /** Versions of the hardware managers; passed back with each step, so that the agent can notice that it was replaced. */
  readonly hardwareManagerVersion: Readonly<Record<string, string>>;
  /** Id of the command that answered. */
  readonly commandId: string;
}

/** Image to write: the `image_info` argument of the write_image step. */
export interface ImageInfo {
  readonly id: string;
  readonly urls: readonly string[];
  readonly disk_format?: string;
  readonly container_format?: string;
  readonly stream_raw_images?: boolean;
  readonly checksum?: string;
  readonly os_hash_algo?: string;
  readonly os_hash_value?: string;
  readonly image_type?: 'whole-disk' | 'partition';
  readonly node_uuid: string;
  readonly deploy_boot_mode?: string;
  readonly boot_option?: string;
  readonly image_request_authorization?: string;
}

/** Body of POST /v1/heartbeat/{uuid}. */
export interface HeartbeatBody {
  readonly callback_url: string;
  readonly agent_version: string;
  readonly agent_token?: string;
  readonly agent_verify_ca?: string;
  readonly agent_status?: string;
  readonly agent_status_message?: string;
}

/** `config` of the reply to GET /v1/lookup. */
export interface LookupConfig {
  /** Seconds between heartbeats at most; the agent picks 0.3 to 0.6 of it. */
  readonly heartbeat_timeout: number;
  readonly agent_token?: string;
  readonly agent_token_required: true;
  readonly agent_md5_checksum_enable: boolean;
  readonly disable_deep_image_inspection: boolean;
  readonly permitted_image_formats: readonly string[];
  readonly agent_skip_bmc_detect: boolean;
  readonly metrics: Readonly<Record<string, unknown>>;
  readonly metrics_statsd: Readonly<Record<string, unknown>>;
}

export interface InspectedInterface {
  readonly name: string;
  readonly mac_address?: string | null;
  readonly ipv4_address?: string | null;
  readonly ipv6_address?: string | null;
  readonly has_carrier?: boolean | null;
  readonly client_id?: string | null;
  readonly [other: string]: unknown;
}

export interface InspectedDisk {
  readonly name: string;
  readonly size?: number | null;
  readonly model?: string | null;
  readonly serial?: string | null;
  readonly wwn?: string | null;
  readonly wwn_with_extension?: string | null;
  readonly wwn_vendor_extension?: string | null;
  readonly vendor?: string | null;
  readonly hctl?: string | null;
  readonly by_path?: string | null;
  readonly rotational?: boolean | null;
  readonly [other: string]: unknown;
}

/** What an agent saw of its machine. */
export interface Inventory {
  readonly interfaces: readonly InspectedInterface[];
  readonly cpu?: {
    readonly architecture?: string | null;
    readonly count?: number | null;
    readonly [other: string]: unknown;
  };
  readonly disks?: readonly InspectedDisk[];
  readonly memory?: { readonly physical_mb?: number | null; readonly total?: number | null };
  readonly boot?: { readonly current_boot_mode?: string | null; readonly pxe_interface?: string | null };
  readonly [other: string]: unknown;
}

/** Body of POST /v1/continue_inspection. */
export interface InspectionPayload {
  readonly inventory: Inventory;
  readonly root_disk?: InspectedDisk | null;
  readonly boot_interface?: string | null;
  readonly error?: string | null;
  /** Base64 of a gzip tar; taken out before the rest is stored. */
  readonly logs?: string | null;
  readonly [other: string]: unknown;
}
