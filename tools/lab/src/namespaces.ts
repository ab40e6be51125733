import { spawn } from 'node:child_process';

/**
 * Runs this program again in a network, process and mount namespace of its own and gives its exit code. The kernel ends everything
 * inside when its first process ends, and that one is killed when we are: no process, interface or address survives a crash.
 */
export function runInside(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  started: (pid: number) => void,
): Promise<number> {
  const inner = [process.execPath, '--disable-warning=ExperimentalWarning', program, ...args];
  const unshare = ['unshare', '--net', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc', '--', ...inner];
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...unshare], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // Ctrl-C must reach the inner program once, from here.
    detached: true,
  });
  if (child.pid !== undefined) started(child.pid);
  // A channel rather than a signal: unshare would end at it, and everything inside with it.
  const stop = () => child.send('stop');
  signal.addEventListener('abort', stop, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
}
