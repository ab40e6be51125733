import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { billOfMaterials } from './bill-of-materials.ts';

export interface ImageContent {
  /** Root of the repository. */
  readonly root: string;
  /** Name of the service: a folder below apps/. */
  readonly service: string;
  /** Folder to write to; becomes /app. */
  readonly out: string;
}

/** Code that some packages ask for when it happens to be installed. */
const absent = ['pg-native'];

/**
 * Writes everything that the image of a service has on top of Node: `main.mjs`, `check.mjs` where the service has a check of its own,
 * their source maps, and a bill of materials. Nothing else is needed to run it, and the same sources give the same bytes wherever
 * they lie.
 */
export async function writeImageContent({ root, service, out }: ImageContent): Promise<void> {
  const home = join(root, 'apps', service);
  const programs = { main: 'src/main.ts', check: 'src/check/main.ts' };
  const present = Object.entries(programs).filter(([, file]) => existsSync(join(home, file)));
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: present.map(([name, file]) => ({ in: join('apps', service, file), out: name })),
    outdir: out,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: absent,
    outExtension: { '.js': '.mjs' },
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    write: false,
    define: { METAL3_VERSION: JSON.stringify(version) },
    // CommonJS packages among the dependencies load Node's own modules with require.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  mkdirSync(out, { recursive: true });
  for (const { path, text } of outputFiles) {
    writeFileSync(path, path.endsWith('.map') ? withSourcesFrom(root, path, text) : text);
  }
  const bill = billOfMaterials({ root, service, version, files: sourcesOf(metafile) });
  writeFileSync(join(out, 'sbom.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
  writeFileSync(
    join(out, 'package.json'),
    `${JSON.stringify({ name: `@metal3/${service}`, version, type: 'module' })}\n`,
  );
}

/** Paths in the map as seen from the root of the repository: where it lay when the image was made tells nobody anything. */
function withSourcesFrom(root: string, path: string, text: string): string {
  const map = JSON.parse(text) as { sources: string[] };
  return JSON.stringify({
    ...map,
    sources: map.sources.map((source) => relative(root, resolve(dirname(path), source))),
  });
}

function sourcesOf({ outputs }: Metafile): readonly string[] {
  return [...new Set(Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs)))].sort();
}
