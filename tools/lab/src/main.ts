import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { takeStateDir } from '@metal3/stack';
import { ensureArtefacts } from './artefacts.ts';
import { runLab, type Plan } from './inside.ts';
import { journeys } from './journeys/index.ts';
import { runInside } from './namespaces.ts';
import { readOptions } from './options.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const stopping = new AbortController();
const print = (line: string) => void process.stdout.write(`${line}\n`);
const stop = (why: string) => {
  if (!stopping.signal.aborted) print('\nstopping');
  stopping.abort(new Error(`stopped by ${why}`));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal));

// The same program twice: outside it finds or builds what machines boot, inside namespaces of its own it is the lab.
const [, , first, planFile] = process.argv;
try {
  process.exit(first === 'inside' ? await inside(planFile ?? '') : await outside());
} catch (error) {
  if (!stopping.signal.aborted) process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(stopping.signal.aborted ? 130 : 1);
}

async function inside(plan: string): Promise<number> {
  process.on('message', () => stop('the outer process'));
  process.on('disconnect', () => stop('the end of the outer process'));
  return runLab(plan, stopping.signal);
}

async function outside(): Promise<number> {
  const options = readOptions(process.argv, `${root}.state-lab`);
  const chosen = journeys
    .filter(
      ({ name, quick }) =>
        (!options.quick || quick) && (options.only.length === 0 || options.only.some((word) => name.includes(word))),
    )
    .map(({ name }) => name);
  if (options.list) {
    for (const name of chosen) print(name);
    return 0;
  }
  if (options.test && chosen.length === 0)
    throw new Error(`no journey's name holds ${options.only.join(' or ')}: npm run lab -- test --list names them`);
  const artefacts = await ensureArtefacts(print);
  const state = takeStateDir(options.stateDir);
  let failed = true;
  try {
    const plan: Plan = { root, dir: state.path, options, artefacts, journeys: chosen };
    const file = state.at('plan.json');
    writeFileSync(file, JSON.stringify(plan));
    const code = await runInside(fileURLToPath(import.meta.url), ['inside', file], stopping.signal, (pid) =>
      writeFileSync(
        state.at('enter'),
        `#!/bin/sh\nexec nsenter --target "$(pgrep -P ${pid} | head -n 1)" --net --pid --mount -- "$@"\n`,
        { mode: 0o755 },
      ),
    );
    failed = code !== 0 && !stopping.signal.aborted;
    return code;
  } finally {
    if (options.keep || failed) print(`\nlogs, console and disks are in ${state.path}`);
    else state.release({ keepLogs: false });
  }
}
