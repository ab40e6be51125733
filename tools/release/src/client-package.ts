import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

export interface ClientPackage {
  /** Root of the repository. */
  readonly root: string;
  /** Folder below libs/clients. */
  readonly client: string;
  /** Folder to write to; what npm packs. */
  readonly out: string;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Writes a client as npm publishes it: JavaScript for any Node, types for any TypeScript, and the README. What is ours of other packages
 * is in it; what is not is a dependency, in the version with which we test.
 */
export async function writeClientPackage({ root, client, out }: ClientPackage): Promise<void> {
  const home = join(root, 'libs/clients', client);
  const entry = join(home, 'src/index.ts');
  mkdirSync(out, { recursive: true });
  const foreign = new Set<string>();
  const { name, version, license } = readManifest(home);
  await build({
    entryPoints: [entry],
    outfile: join(out, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    plugins: [oursOnly(foreign)],
    // Services have settings, logs and metrics; a client is to carry none of them.
    treeShaking: true,
    legalComments: 'none',
    logLevel: 'error',
  });
  await writeTypes(entry, join(out, 'index.d.ts'), root);
  const imported = importsOf(join(out, 'index.js'), join(out, 'index.d.ts'));
  const pinned = readManifest(root).dependencies ?? {};
  const dependencies = Object.fromEntries(imported.map((one) => [one, `^${pinnedVersion(pinned, one)}`]));
  const manifest = {
    name,
    version,
    license,
    type: 'module',
    engines: { node: '>=20' },
    exports: { '.': { types: './index.d.ts', default: './index.js' } },
    dependencies,
  };
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of [join(home, 'README.md'), join(root, 'LICENSE')]) {
    if (existsSync(file)) cpSync(file, join(out, file.slice(file.lastIndexOf('/') + 1)));
  }
}

/** Bundles what begins with @metal3/ or a dot, and leaves out of it what nothing of the client uses. */
function oursOnly(foreign: Set<string>): Plugin {
  return {
    name: 'ours only',
    setup({ onResolve, resolve }) {
      onResolve({ filter: /.*/ }, async ({ path, kind, resolveDir, importer, pluginData }) => {
        if (kind === 'entry-point' || pluginData === resolved) return undefined;
        if (!/^(\.|@metal3\/)/.test(path)) {
          foreign.add(path);
          return { path, external: true, sideEffects: false };
        }
        const found = await resolve(path, { kind, resolveDir, importer, pluginData: resolved });
        return { path: found.path, errors: found.errors, sideEffects: false };
      });
    },
  };
}
const resolved = Symbol('resolved');

/** One file of types, with ours of other packages in it. */
async function writeTypes(entry: string, file: string, root: string): Promise<void> {
  const bundle = await rollup({
    input: entry,
    external: (id) => !/^(\.|\/|@metal3\/)/.test(id),
    plugins: [
      // Read as sources, so that what they say is in the file.
      {
        name: 'ours',
        resolveId: (id) => (id.startsWith('@metal3/') ? fileURLToPath(import.meta.resolve(id)) : undefined),
      },
      dts({
        tsconfig: join(root, 'tsconfig.base.json'),
        compilerOptions: { noEmit: false, declaration: true, emitDeclarationOnly: true },
      }),
    ],
  });
  await bundle.write({ file, format: 'es' });
  await bundle.close();
}

/** The packages that the files import. */
function importsOf(...files: readonly string[]): readonly string[] {
  const texts = files.map((file) => readFileSync(file, 'utf8'));
  const specifiers = texts.flatMap((text) => [...text.matchAll(/^(?:import|export)[^'"]*?from ['"]([^'"]+)['"]/gm)]);
  const names = specifiers.flatMap(([, specifier = '']) => {
    if (specifier.startsWith('node:') || specifier.startsWith('.')) return [];
    const parts = specifier.split('/');
    return [specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '')];
  });
  return [...new Set(names)].toSorted();
}

function pinnedVersion(pinned: Readonly<Record<string, string>>, name: string): string {
  const version = pinned[name];
  if (version === undefined) throw new Error(`the client imports ${name}, which is none of our dependencies`);
  return version;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}
