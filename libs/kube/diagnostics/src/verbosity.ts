import type { serviceSettings } from '@metal3/service';
import type { Static } from 'typebox';
import type { Endpoints } from './endpoint.ts';

type LogLevel = Static<typeof serviceSettings>['logLevel'];

interface Verbose {
  readonly service: { readonly logLevel: LogLevel };
  readonly logging: { readonly verbosity: number };
}

/** The settings with the log level that the verbosity asks for. */
export function withVerbosity<Config extends Verbose>(config: Config): Config {
  const logLevel = levelOf(config.logging.verbosity);
  return logLevel === undefined ? config : { ...config, service: { ...config.service, logLevel } };
}

/** Kubernetes' way to say how much is logged. Undefined for less than 4: the log level of the configuration counts. */
export function levelOf(verbosity: number): 'debug' | 'trace' | undefined {
  if (verbosity < 4) return undefined;
  return verbosity < 8 ? 'debug' : 'trace';
}

/** PUT /debug/flags/v, as in upstream's manager: how much is logged from now on, until the process ends. */
export function verbosityEndpoint(log: { level: string }): Endpoints {
  const configured = log.level;
  return {
    '/debug/flags/v': {
      verb: 'put',
      answer({ body }) {
        const text = body.trim();
        if (!/^\d{1,2}$/.test(text)) {
          const wanted = 'a whole number: 0 for the configured log level, 4 and above for debug, 8 and above for trace';
          return { status: 400, body: `failed to set verbosity to "${text.slice(0, 50)}": send ${wanted}\n` };
        }
        log.level = levelOf(Number(text)) ?? configured;
        return { status: 200, body: `successfully set klog.logging.verbosity to ${text}\n` };
      },
    },
  };
}
