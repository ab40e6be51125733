/** What `driver_info` of each hardware type means, for people and for clients that render forms. */
export const driverProperties: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // Examples without effect, as upstream's fake deploy interface declares them.
  'fake-hardware': { B1: 'B1 description. Required.', B2: 'B2 description. Required.' },
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
    deploy_kernel: 'URL of the deployment kernel. Required unless the conductor has one configured.',
    deploy_ramdisk: 'URL of the ramdisk that holds the agent. Required unless the conductor has one configured.',
    deploy_iso: 'URL of a ready-made ISO image with the agent, instead of kernel and ramdisk. Optional.',
    kernel_append_params: 'Additional kernel parameters for the agent. Optional.',
    external_http_url: 'External URL under which machines reach the boot server, where it differs. Optional.',
    force_persistent_boot_device: 'Default, Always or Never: whether boot devices are set persistently. Optional.',
    fast_track: 'Whether an agent that is already running may be used without a reboot. Optional.',
  },
};
