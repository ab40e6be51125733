import { readConfig } from '@metal3/service';
import { type Capm3Config, capm3Config } from '../config.ts';
import type { Capm3Settings } from '../controllers.ts';

/** The configuration of a command line. */
export function configOf(...flags: readonly string[]): Capm3Config {
  const request = readConfig(capm3Config, { env: {}, argv: ['node', 'capm3', ...flags] });
  if (request.kind === 'print') throw new Error(request.text);
  return request.config;
}

/** What the controllers are told of it. */
export function settingsOf(...flags: readonly string[]): Capm3Settings {
  const config = configOf(...flags);
  const { watchFilter, syncPeriod: syncPeriodMs } = config.kubernetes;
  return { ...config, watchFilter, syncPeriodMs };
}
