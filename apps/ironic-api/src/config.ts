import { Type, type Static } from 'typebox';
import { grpcServerSettings } from '@metal3/grpc';
import { duration, listenAddress, serviceSettings } from '@metal3/service';

/** Settings of ironic-api: environment, flags and file. */
export const ironicApiConfig = Type.Object({
  service: serviceSettings,
  grpc: grpcServerSettings,
  rest: Type.Object({
    listen: listenAddress({
      default: '127.0.0.1:6385',
      env: ['IRONIC_API_LISTEN', 'REST_LISTEN'],
      flag: 'listen',
      description: 'host:port of the REST API; port 0 takes a free one',
    }),
    portFile: Type.String({
      default: '',
      flag: 'port-file',
      description: 'File to which the address is written once the REST API listens; empty for none',
    }),
    publicEndpoint: Type.String({
      default: '',
      env: ['IRONIC_PUBLIC_ENDPOINT', 'REST_PUBLIC_ENDPOINT'],
      flag: 'public-endpoint',
      description: 'http(s)://host:port that links start with; empty to take scheme and Host of each request',
    }),
    tlsCertFile: Type.String({ default: '', description: 'Certificate (PEM) of the REST API; empty for plain HTTP' }),
    tlsKeyFile: Type.String({ default: '', description: 'Private key (PEM) of that certificate' }),
    maxLimit: Type.Integer({
      default: 1000,
      minimum: 1,
      description: 'Largest page of a list; below 1000, Go clients miss nodes',
    }),
  }),
  auth: Type.Object({
    strategy: Type.Enum(['noauth', 'http_basic'], {
      default: 'noauth',
      env: ['AUTH_STRATEGY', 'OS_DEFAULT__AUTH_STRATEGY'],
      flag: 'auth',
      description: 'Who may call the REST API: everybody, or the users of an htpasswd file',
    }),
    htpasswdFile: Type.String({
      default: '',
      env: ['HTTP_BASIC_AUTH_USER_FILE', 'OS_DEFAULT__HTTP_BASIC_AUTH_USER_FILE'],
      flag: 'htpasswd-file',
      description: 'htpasswd file with bcrypt hashes; read anew when it changes',
    }),
  }),
  agent: Type.Object({
    listen: listenAddress({
      default: '',
      description:
        'host:port of a listener of its own for agents; empty to serve them on the REST listener, as upstream does',
    }),
    requestsPerSecond: Type.Integer({
      default: 2000,
      minimum: 0,
      description: 'Requests a second taken from one address at the agent endpoints, 0 for any number',
    }),
    requireTls: Type.Boolean({ default: true, description: 'Refuse agents whose callback URL is not https' }),
    heartbeatTimeout: duration({ default: '300s', description: 'Agents send a heartbeat within this time' }),
    fastTrack: Type.Boolean({
      default: true,
      env: ['IRONIC_FAST_TRACK', 'AGENT_FAST_TRACK'],
      description: 'Agents that are already running may serve the next operation',
    }),
    restrictLookup: Type.Boolean({ default: true, description: 'Answer lookups only for nodes that expect an agent' }),
  }),
  store: Type.Object({
    url: Type.String({
      default: 'sqlite:ironic.sqlite',
      env: ['IRONIC_STORE_URL', 'STORE_URL'],
      flag: 'store',
      description: 'sqlite:<file> (conductor on the same host) or postgres://user@host:port/database',
      secret: false,
    }),
    keyFile: Type.String({
      default: 'ironic.key',
      env: ['IRONIC_STORE_KEY_FILE', 'STORE_KEY_FILE'],
      flag: 'store-key-file',
      description: 'File with the key that secrets are sealed with; made at the first start',
    }),
  }),
  conductors: Type.Object(
    {
      tlsCaFile: Type.String({
        default: '',
        description: 'Certificate authority of the conductors (PEM); empty where they run on this machine',
      }),
      tlsCertFile: Type.String({ default: '', description: 'Client certificate for the conductors (PEM)' }),
      tlsKeyFile: Type.String({ default: '', description: 'Private key of that certificate (PEM)' }),
      tlsServerName: Type.String({
        default: 'ironic-conductor',
        description: 'Name in the certificates of the conductors, which are called by the addresses that they register',
      }),
    },
    { description: 'Calls to conductors that must reach a BMC while a client waits' },
  ),
  redis: Type.Object({
    url: Type.String({
      default: '',
      env: ['REDIS_URL'],
      flag: 'redis',
      description: 'redis://host:port for hints to conductors; empty for none, conductors then find work by themselves',
    }),
  }),
  nodes: Type.Object({
    defaultResourceClass: Type.String({
      default: '',
      description: 'Resource class of nodes that name none; empty for none',
    }),
    allowDeletingAvailable: Type.Boolean({ default: true, description: 'Nodes may be deleted while available' }),
    allowProvisioningInMaintenance: Type.Boolean({
      default: true,
      description: 'Nodes in maintenance may be provided',
    }),
    maxConcurrentDeploy: Type.Integer({ default: 0, minimum: 0, description: 'Deployments at once, 0 for any number' }),
    maxConcurrentClean: Type.Integer({
      default: 0,
      minimum: 0,
      description: 'Tear-downs and cleanings at once, 0 for any number',
    }),
    lockWait: duration({ default: '2s', description: 'How long a change waits for a conductor that acts on the node' }),
  }),
});

export type IronicApiConfig = Static<typeof ironicApiConfig>;
