import { grpcServerSettings } from '@metal3/grpc';
import { hardwareTypes } from '@metal3/node';
import { duration, serviceSettings } from '@metal3/service';
import { Type, type Static } from 'typebox';

/** Settings of ironic-conductor: environment, flags and file. Where Metal3's image has an environment variable, it works here. */
export const conductorConfig = Type.Object({
  service: serviceSettings,
  grpc: grpcServerSettings,
  store: Type.Object({
    url: Type.String({
      default: 'sqlite:ironic.sqlite',
      env: ['IRONIC_STORE_URL', 'STORE_URL'],
      flag: 'store',
      description: 'sqlite:<file> (ironic-api on the same host) or postgres://user@host:port/database',
      secret: false,
    }),
    keyFile: Type.String({
      default: 'ironic.key',
      env: ['IRONIC_STORE_KEY_FILE', 'STORE_KEY_FILE'],
      flag: 'store-key-file',
      description: 'File with the key that secrets are sealed with; made at the first start',
    }),
    keepChanges: duration({
      default: '24h',
      description: 'A watcher that was away for longer than this has to list all nodes again',
    }),
    keepHistory: duration({ default: '30d', description: 'How long what went wrong stays in the history of a node' }),
  }),
  redis: Type.Object({
    url: Type.String({
      default: '',
      env: ['REDIS_URL'],
      flag: 'redis',
      description: 'redis://host:port to take hints from; empty for none, work is then found by looking',
    }),
  }),
  conductor: Type.Object({
    hostname: Type.String({
      default: '',
      env: ['IRONIC_CONDUCTOR_HOST', 'CONDUCTOR_HOSTNAME'],
      flag: 'hostname',
      description: 'Name in reservations and in the list of conductors; empty for the host name and process id',
    }),
    rpcHost: Type.String({
      default: '',
      env: ['IRONIC_CONDUCTOR_RPC_HOST', 'POD_IP'],
      description: 'Host under which ironic-api reaches this conductor where grpc.listen is for every address',
    }),
    groups: Type.Array(Type.String(), {
      default: [''],
      env: ['IRONIC_CONDUCTOR_GROUPS', 'CONDUCTOR_GROUPS'],
      description: 'Conductor groups whose nodes are worked on; an empty name is the default group',
    }),
    hardwareTypes: Type.Array(Type.Enum(hardwareTypes.map(({ name }) => name)), {
      default: hardwareTypes.map(({ name }) => name),
      env: ['OS_DEFAULT__ENABLED_HARDWARE_TYPES', 'IRONIC_ENABLED_HARDWARE_TYPES'],
      description: 'Hardware types of the nodes that are worked on; ipmi takes the program ipmitool',
    }),
    concurrency: Type.Integer({ default: 100, minimum: 1, maximum: 1000, description: 'Nodes worked on at once' }),
    lease: duration({
      default: '60s',
      description: 'A node whose conductor is not heard of for this long is taken over',
    }),
    sweep: duration({ default: '3s', description: 'Longest time between two looks for work that no hint told of' }),
  }),
  boot: Type.Object({
    pxeServer: Type.String({
      default: '',
      env: ['PXE_SERVER_ADDRESS', 'BOOT_PXE_SERVER'],
      description: 'host:port of pxe-server (gRPC); empty to derive media URLs from boot.mediaUrl',
    }),
    pxeServerCaFile: Type.String({
      default: '',
      description: 'Certificate authority of pxe-server (PEM); empty for plaintext',
    }),
    pxeServerCertFile: Type.String({ default: '', description: 'Client certificate for pxe-server (PEM)' }),
    pxeServerKeyFile: Type.String({ default: '', description: 'Private key of that certificate (PEM)' }),
    pxeServerTokenFile: Type.String({ default: '', description: 'File with the bearer token for pxe-server' }),
    mediaUrl: Type.String({
      default: '',
      env: ['BOOT_MEDIA_URL'],
      description: 'http(s)://host:port of pxe-server as BMCs reach it, where boot.pxeServer is not set',
    }),
    deployKernel: Type.String({
      default: '',
      env: ['DEPLOY_KERNEL_URL', 'IRONIC_DEPLOY_KERNEL_URL'],
      description: 'Kernel of the agent for nodes that name none',
    }),
    deployRamdisk: Type.String({
      default: '',
      env: ['DEPLOY_RAMDISK_URL', 'IRONIC_DEPLOY_RAMDISK_URL'],
      description: 'Ramdisk of the agent for nodes that name none',
    }),
    isoSource: Type.Enum(['local', 'http'], {
      default: 'local',
      env: ['IRONIC_BOOT_ISO_SOURCE', 'BOOT_ISO_SOURCE'],
      description:
        'local: BMCs read ready-made ISOs (deploy_iso, boot_iso) from pxe-server, where there is one; http: from their own servers',
    }),
    kernelParameters: Type.String({
      default: 'nofb nomodeset vga=normal',
      env: ['IRONIC_KERNEL_PARAMS', 'BOOT_KERNEL_PARAMETERS'],
      description: 'Kernel parameters of every agent',
    }),
    externalApiUrl: Type.String({
      default: 'http://127.0.0.1:6385',
      env: ['IRONIC_EXTERNAL_CALLBACK_URL', 'IRONIC_EXTERNAL_API_URL'],
      flag: 'external-api-url',
      description: 'URL of the Ironic API as agents reach it',
    }),
  }),
  agent: Type.Object({
    fastTrack: Type.Boolean({
      default: true,
      env: ['IRONIC_FAST_TRACK', 'AGENT_FAST_TRACK'],
      description: 'Use agents that are running already',
    }),
    fastTrackTimeout: duration({
      default: '300s',
      description: 'An agent heard of within this time counts as running',
    }),
    silence: duration({
      default: '600s',
      description: 'An agent that runs a command and is not heard of for this long is given up',
    }),
    requestTimeout: duration({
      default: '36s',
      description: 'Longest wait for one answer of an agent; at most 60 % of the lease',
    }),
    look: duration({ default: '60s', description: 'How often a running command is looked at between heartbeats' }),
    streamRawImages: Type.Boolean({ default: true, description: 'Raw images are written while they download' }),
  }),
  cleaning: Type.Object({
    automated: Type.Boolean({
      default: true,
      env: ['IRONIC_AUTOMATED_CLEAN', 'CLEANING_AUTOMATED'],
      description: 'Clean nodes before they become available, unless the node says otherwise',
    }),
    eraseDevicesPriority: Type.Integer({
      default: 0,
      minimum: 0,
      description: 'Priority of erase_devices, 0 for never',
    }),
    eraseDevicesMetadataPriority: Type.Integer({
      default: 10,
      minimum: 0,
      description: 'Priority of erase_devices_metadata, 0 for never',
    }),
    callbackTimeout: duration({ default: '1800s', description: 'How long the agent may take to call' }),
  }),
  deploy: Type.Object({
    callbackTimeout: duration({ default: '4800s', description: 'How long the agent may take to call' }),
    imageDownloadSource: Type.Enum(['http', 'local'], {
      default: 'http',
      env: ['IRONIC_IMAGE_DOWNLOAD_SOURCE', 'DEPLOY_IMAGE_DOWNLOAD_SOURCE'],
      description:
        'http: agents fetch images from their own servers; local: pxe-server fetches and checks them, and agents fetch from it',
    }),
    forceRawImages: Type.Boolean({
      default: true,
      env: ['IRONIC_FORCE_RAW_IMAGES', 'DEPLOY_FORCE_RAW_IMAGES'],
      description: 'Images that pass through pxe-server are converted to raw there',
    }),
    powerOffAfterFailure: Type.Boolean({ default: true, description: 'Switch a machine off whose deployment failed' }),
  }),
  servicing: Type.Object({
    callbackTimeout: duration({ default: '1800s', description: 'How long the agent may take to call' }),
  }),
  rescue: Type.Object({
    callbackTimeout: duration({ default: '1800s', description: 'How long the agent may take to call' }),
  }),
  inspection: Type.Object({
    timeout: duration({ default: '1800s', description: 'How long the agent may take to report' }),
    collectors: Type.String({
      default: 'default,logs',
      env: ['IRONIC_INSPECTION_COLLECTORS', 'INSPECTION_COLLECTORS', 'IRONIC_IPA_COLLECTORS'],
      description: 'What the agent collects; empty for its own choice',
    }),
    collectLldp: Type.Boolean({
      default: true,
      env: 'IRONIC_IPA_COLLECT_LLDP',
      description: 'The agent listens to the switches (LLDP), up to half a minute of every inspection',
    }),
    addPorts: Type.Enum(['all', 'active', 'pxe', 'disabled'], {
      default: 'all',
      description: 'Which reported interfaces become ports',
    }),
    keepPorts: Type.Enum(['all', 'present', 'added'], { default: 'present', description: 'Which ports stay' }),
  }),
  power: Type.Object({
    changeTimeout: duration({ default: '120s', description: 'How long a machine may take to switch on or off' }),
    softOffTimeout: duration({ default: '600s', description: 'How long an operating system may take to shut down' }),
    startLook: duration({
      default: '60s',
      description: 'How often a machine that was told to start and has not called is looked at',
    }),
    syncEvery: duration({ default: '120s', description: 'How often the power state of a node at rest is read' }),
    failureAfter: duration({
      default: '360s',
      description: 'How long that may fail before the node is put into maintenance',
    }),
    recoverEvery: duration({
      default: '300s',
      description: 'How often a node that is in maintenance for that is tried',
    }),
  }),
  bmc: Type.Object({
    requestTimeout: duration({
      default: '30s',
      description: 'Longest wait for one answer of a BMC; at most 60 % of the lease',
    }),
    retry: duration({ default: '600s', description: 'How long what fails for passing reasons is tried again' }),
    verifyRetry: duration({ default: '30s', description: 'The same while a new node is verified' }),
  }),
  ipmi: Type.Object({
    minCommandInterval: duration({
      default: '5s',
      env: 'OS_IPMI__MIN_COMMAND_INTERVAL',
      description:
        'Pause between two calls of a BMC over IPMI; there are some that crash when they are asked more often',
    }),
    cipherSuiteVersions: Type.Array(Type.String({ pattern: '^[0-9]+$' }), {
      default: ['3', '17'],
      env: 'OS_IPMI__CIPHER_SUITE_VERSIONS',
      description:
        'Cipher suites to try, the last one first, on nodes without ipmi_cipher_suite whose BMC refuses that of ipmitool',
    }),
    disableBootTimeout: Type.Boolean({
      default: true,
      env: 'OS_IPMI__DISABLE_BOOT_TIMEOUT',
      description: 'Lift the limit of a minute between setting a boot device and the start of the machine',
    }),
  }),
});
export type ConductorConfig = Static<typeof conductorConfig>;
