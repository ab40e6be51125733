import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Names of the modules `test_*` of a package that is installed in a virtual environment. */
export function testModules(venv, suite) {
  const lib = join(venv, 'lib');
  const [python] = readdirSync(lib);
  return readdirSync(join(lib, python, 'site-packages', ...suite.split('.')))
    .flatMap((file) => /^(test_\w+)\.py$/.exec(file)?.[1] ?? [])
    .sort();
}

/**
 * Runs the modules of a suite one after the other and prints a line for each.
 *
 * @param expected tests that cannot pass here, with why; one that passes all the same counts as failed, so that the list stays true
 * @returns true if nothing else failed
 */
export async function runSuite({ venv, suite, cwd, env, expected = {} }) {
  let passed = 0;
  const failed = [];
  const excused = new Set();
  for (const module of testModules(venv, suite)) {
    const { text, count } = await runModule({ venv, module: `${suite}.${module}`, cwd, env });
    const names = [...text.matchAll(/^(?:FAIL|ERROR): (\S+?)(?:\[.*)?$/gm)].map(([, name]) =>
      name.replace(`${suite}.`, ''),
    );
    const unexpected = names.filter((name) => expected[name] === undefined);
    for (const name of names.filter((each) => expected[each] !== undefined)) excused.add(name);
    if (unexpected.length > 0 || count === undefined) process.stdout.write(`${text.slice(-6000)}\n`);
    if (count === undefined) failed.push(`${module} ended without a result`);
    failed.push(...unexpected);
    passed += (count ?? 0) - names.length;
    console.log(`${module}: ${count ?? 'no'} run, ${unexpected.length} failed`);
  }
  for (const [name, why] of Object.entries(expected)) {
    if (excused.has(name)) console.log(`not counted: ${name}: ${why}`);
    else failed.push(`${name} passed, although it was expected to fail: ${why}`);
  }
  for (const name of failed) console.log(`failed: ${name}`);
  console.log(`${suite}: ${passed} passed, ${failed.length} failed`);
  return failed.length === 0 && passed > 0;
}

function runModule({ venv, module, cwd, env }) {
  return new Promise((done, fail) => {
    const child = spawn(join(venv, 'bin', 'python'), ['-m', 'testtools.run', module], {
      cwd,
      env: { ...process.env, ...env },
      timeout: 900_000,
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (more) => (text += more));
    child.once('error', fail);
    child.once('close', () => {
      const ran = /^Ran (\d+) tests? in/m.exec(text)?.[1];
      done({ text, count: ran === undefined ? undefined : Number(ran) });
    });
  });
}
