import { Type, type Static } from 'typebox';
import { duration, listenAddress } from './config/types.ts';

/** Settings every service has; goes under the key `service` of its schema. */
export const serviceSettings = Type.Object({
  logLevel: Type.Enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal'], {
    default: 'info',
    env: 'LOG_LEVEL',
    flag: 'log-level',
    description: 'Least severe level that is logged',
  }),
  healthListen: listenAddress({
    default: '127.0.0.1:0',
    env: 'HEALTH_LISTEN',
    flag: ['health-listen', 'health-addr'],
    description: 'host:port of /healthz, /readyz and /metrics; port 0 takes a free one',
  }),
  healthPortFile: Type.String({
    default: '',
    env: 'HEALTH_PORT_FILE',
    flag: 'health-port-file',
    description: 'File to which the health address is written once it listens; empty for none',
  }),
  shutdownTimeout: duration({
    default: '30s',
    env: 'SHUTDOWN_TIMEOUT',
    flag: 'shutdown-timeout',
    description: 'How long draining and stopping may take before the process exits all the same',
  }),
});

export type ServiceSettings = Static<typeof serviceSettings>;
