import { createLogger, startService, type Service, type ServiceOptions } from '@metal3/service';

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
