import { writeFileSync } from 'node:fs';
import { build } from 'esbuild';

/** Code that some packages ask for when it happens to be installed. */
const absent = ['pg-native'];

/**
 * Bundles the services' sources into `<outDir>/<name>.mjs`, with chunks that they share, and returns `outDir`. Takes about a second.
 * A bundled service needs 40 MiB less memory than one that runs from sources (no type stripper, a third of the modules' text) and
 * starts in a third of the time; it is also what the images contain.
 */
export async function bundleServices(root: string, names: readonly string[], outDir: string): Promise<string> {
  await build({
    absWorkingDir: root,
    entryPoints: names.map((name) => ({ in: `apps/${name}/src/main.ts`, out: name })),
    outdir: outDir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: absent,
    outExtension: { '.js': '.mjs' },
    // CommonJS packages among the dependencies load Node's own modules with require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  // The folder may lie anywhere; nothing above it should decide what its files are.
  writeFileSync(`${outDir}/package.json`, '{ "type": "module" }\n');
  return outDir;
}
