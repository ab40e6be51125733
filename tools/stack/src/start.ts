import { fileURLToPath } from 'node:url';
import { readOptions } from './options.ts';
import { runIronicOnly } from './run-ironic-only.ts';
import { runStack } from './run-stack.ts';
import { takeStateDir } from './state-dir.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const options = readOptions(process.argv, `${root}.state`);
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (!interrupted.signal.aborted) process.stdout.write('\nstopping\n');
    interrupted.abort(signal);
  });
}

let keptLogs: string | undefined;
try {
  const state = takeStateDir(options.stateDir);
  let failed = true;
  try {
    const run = options.only === 'ironic' ? runIronicOnly : runStack;
    await run({ root, options, state, signal: interrupted.signal });
    failed = false;
  } catch (error) {
    // After Ctrl-C everything that was waited for fails; that is no failure of the stack.
    failed = !interrupted.signal.aborted;
    if (failed) throw error;
  } finally {
    if (state.release({ keepLogs: failed })) keptLogs = state.at('logs');
  }
  process.exit(options.once && interrupted.signal.aborted ? 130 : 0);
} catch (error) {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  if (keptLogs !== undefined) process.stderr.write(`\nthe logs are in ${keptLogs}\n`);
  process.exit(1);
}
