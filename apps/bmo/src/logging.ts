import type { serviceSettings } from '@metal3/service';
import { Type, type Static } from 'typebox';

type LogLevel = Static<typeof serviceSettings>['logLevel'];

const taken = (flag: string, what: string) =>
  Type.String({
    default: '',
    env: false,
    flag,
    description: `Taken for those who have set it: ${what}`,
  });

/** How upstream's flags ask for more or less of a log. Goes under the key `logging`. */
export const loggingSettings = Type.Object({
  dev: Type.Boolean({
    default: false,
    env: false,
    flag: ['dev', 'zap-devel'],
    description: 'Log for development: debug',
  }),
  level: Type.String({
    default: '',
    env: false,
    flag: 'zap-log-level',
    pattern: '^(|debug|info|error|panic|[0-9]+)$',
    description:
      'debug, info, error, panic or a number, of which 1 to 4 is debug and more is trace; empty for the log level of the service',
  }),
  encoder: taken('zap-encoder', 'lines are JSON'),
  stacktraceLevel: taken('zap-stacktrace-level', 'stacks are logged with errors'),
  timeEncoding: taken('zap-time-encoding', 'times are milliseconds since 1970'),
});

interface Logged {
  readonly service: { readonly logLevel: LogLevel };
  readonly logging: Static<typeof loggingSettings>;
}

/** The settings with the log level that upstream's flags ask for. */
export function withUpstreamLogging<Config extends Logged>(config: Config): Config {
  const logLevel = levelOf(config.logging);
  return logLevel === undefined ? config : { ...config, service: { ...config.service, logLevel } };
}

function levelOf({ dev, level }: Logged['logging']): LogLevel | undefined {
  switch (level) {
    case '':
      return dev ? 'debug' : undefined;
    case 'debug':
    case 'info':
    case 'error':
      return level;
    case 'panic':
      return 'fatal';
    case '0':
      return 'info';
    default:
      return Number(level) <= 4 ? 'debug' : 'trace';
  }
}
