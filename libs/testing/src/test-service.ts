import { createLogger, startService, type Logger, type Service, type ServiceOptions } from '@metal3/service';

/** A service whose parts a test starts and stops by itself: quiet unless LOG_LEVEL is set, never touches the process. */
export function testService(name: string, options: ServiceOptions = {}): Service & { stop(): Promise<void> } {
  const logLevel = (process.env['LOG_LEVEL'] ?? 'silent') as 'info';
  let stopService = (_why: string) => {};
  const service = startService(
    name,
    { service: { logLevel, healthListen: '127.0.0.1:0', healthPortFile: '', shutdownTimeout: 10_000 } },
    {
      env: {},
      ...options,
      host: {
        onStop(stop) {
          stopService = stop;
          return () => {};
        },
        exit() {},
      },
    },
  );
  let running: Promise<void> | undefined;
  return {
    ...service,
    run(...parts) {
      running = service.run(...parts);
      return running;
    },
    async stop() {
      stopService('test');
      await running;
    },
  };
}

/** A logger that says nothing. */
export const silentLog = createLogger('test', 'silent');

/** One line of a log: its level by name, its message, and its other fields. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const levelNames: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A logger that keeps what it is told, from a level on, for tests of what operators get to see. */
export function recordedLog(level: 'debug' | 'info' = 'info'): { readonly log: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const log = createLogger('test', level, {
    write(text: string) {
      const line = JSON.parse(text) as LogLine & { readonly level: number };
      lines.push({ ...line, level: levelNames[line.level] ?? 'trace' });
    },
  });
  return { log, lines };
}
