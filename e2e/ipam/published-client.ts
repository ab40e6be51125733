import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeClientPackage } from '@metal3/release';
import { root } from './site.ts';

const run = promisify(execFile);

/**
 * A project of somebody else's, with the client as npm packs it and TypeScript at its strictest, and the client's example as the program.
 *
 * @returns the program, compiled
 */
export async function projectWithClient(folder: string): Promise<string> {
  const built = join(folder, 'built');
  await writeClientPackage({ root, client: 'ipam', out: built });
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: built });

  const project = join(folder, 'project');
  const installed = join(project, 'node_modules/@metal3/ipam-client');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', join(folder, stdout.trim()), '--strip-components=1', '-C', installed]);
  // What npm would fetch.
  for (const scope of ['@bufbuild', '@grpc', '@opentelemetry', '@types', 'undici-types']) {
    symlinkSync(join(root, 'node_modules', scope), join(project, 'node_modules', scope));
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  copyFileSync(join(root, 'libs/clients/ipam/examples/allocate.ts'), join(project, 'allocate.ts'));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--skipLibCheck', 'false'];
  const target = ['--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
  await run(process.execPath, [compiler, ...strict, ...target, 'allocate.ts'], { cwd: project }).catch(
    (error: { readonly stdout: string }) => {
      throw new Error(`the example does not compile against the package:\n${error.stdout}`);
    },
  );
  return join(project, 'allocate.js');
}
