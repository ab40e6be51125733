/** Of every hardware type whose machines boot the agent. */
const agentProperties = {
  deploy_kernel: 'URL of the deployment kernel. Required unless the conductor has one configured.',
  deploy_ramdisk: 'URL of the ramdisk that holds the agent. Required unless the conductor has one configured.',
  kernel_append_params: 'Additional kernel parameters for the agent. Optional.',
  force_persistent_boot_device: 'Default, Always or Never: whether boot devices are set persistently. Optional.',
  fast_track: 'Whether an agent that is already running may be used without a reboot. Optional.',
};

/** What `driver_info` of each hardware type means, for people and for clients that render forms. */
export const driverProperties: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Examples without effect, as upstream's fake deploy interface declares them.
  'fake-hardware': { B1: 'B1 description. Required.', B2: 'B2 description. Required.' },
  ipmi: {
    ipmi_address: 'IP address or host name of the BMC. Required.',
    ipmi_port: 'UDP port of the BMC. Optional, default 623.',
    ipmi_username: 'User account. Optional, default is the anonymous one.',
    ipmi_password: 'Password of that account. Optional.',
    ipmi_priv_level:
      'Privilege level: one of ADMINISTRATOR, CALLBACK, OPERATOR, USER. Optional, default ADMINISTRATOR.',
    ipmi_protocol_version: 'Version of the IPMI protocol: 2.0 or 1.5. Optional, default 2.0.',
    ipmi_cipher_suite:
      'Number of the cipher suite; 17 (SHA256) is to be preferred to 3 (SHA1). Optional, default is what the BMC takes.',
    ipmi_hex_kg_key: 'Kg key of two-key log-ins, in hexadecimal. Optional.',
    ipmi_force_boot_device:
      'Whether the BMC is told the boot device before every start, because it does not keep it. Optional, default false.',
    ipmi_disable_boot_timeout:
      'Whether the limit of a minute between setting the boot device and the start is lifted. Optional, default true.',
    ipmi_bridging: 'How a BMC behind another one is reached: single, dual or no. Optional, default no.',
    ipmi_local_address: 'Local IPMB address of bridged requests. Optional.',
    ipmi_transit_channel: 'Transit channel of bridged requests. Required with ipmi_bridging dual.',
    ipmi_transit_address: 'Transit address of bridged requests. Required with ipmi_bridging dual.',
    ipmi_target_channel: 'Destination channel of bridged requests. Required with ipmi_bridging single and dual.',
    ipmi_target_address: 'Destination address of bridged requests. Required with ipmi_bridging single and dual.',
    ...agentProperties,
  },
  redfish: {
    redfish_address:
      'The URL address to the Redfish controller: scheme (default https), host and optional port. Required.',
    redfish_system_id:
      'Canonical path to the ComputerSystem resource, for example /redfish/v1/Systems/1. Required when the controller has several.',
    redfish_username:
      'User account with admin and server-profile access privilege. Required for controllers that ask for it.',
    redfish_password: 'Password of that account.',
    redfish_verify_ca:
      'Either a boolean (verify TLS certificates or not) or a path to a CA bundle. Optional, default true.',
    redfish_auth_type: 'Session, Basic or Auto (try a session first). Optional, default Auto.',
    deploy_iso: 'URL of a ready-made ISO image with the agent, instead of kernel and ramdisk. Optional.',
    external_http_url: 'External URL under which machines reach the boot server, where it differs. Optional.',
    ...agentProperties,
  },
};
