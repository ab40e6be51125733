export { writeAddressFile } from './address-file.ts';
export { repeat, systemClock, systemRandom, type Clock, type Random } from './clock.ts';
export { docsTable, printConfig, valuesSchema } from './config/print.ts';
export { fieldsOf, type Field, type FieldSchema } from './config/fields.ts';
export { loadConfig, readConfig, type ConfigRequest, type ConfigSources } from './config/load.ts';
export { ConfigError, type ConfigProblem } from './config/problems.ts';
export { duration, listenAddress, parseDuration, type FieldOptions } from './config/types.ts';
export {
  CodedError,
  errorTable,
  generalErrors,
  isCodedError,
  knownErrors,
  publishErrors,
  toCodedError,
  type CodedErrorOptions,
  type ErrorClass,
  type ErrorRow,
  type ErrorTable,
  type ErrorTraits,
  type GrpcStatus,
  type RetryAdvice,
} from './errors.ts';
export { checkEndpoints, endpointCheckSettings } from './endpoint-check.ts';
export { checkRelease, type ReleaseCheck, type ReleaseStep } from './release-check.ts';
export { isLoopback, parseListen } from './listen.ts';
export { createLogger, describeError, type Logger } from './log.ts';
export { redactText } from './redact.ts';
export type { Part, Service } from './service.ts';
export { serviceSettings, type ServiceSettings } from './settings.ts';
export { startService, type ServiceHost, type ServiceOptions } from './start.ts';
