import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from './binaries.mjs';

/** Files that a Go module holds besides its code: CRDs, kustomizations. */
export interface GoModuleFiles {
  readonly module: string;
  readonly version: string;
  /** Files and folders below the module's own. */
  readonly paths: readonly string[];
}

/**
 * The folder in which these files lie under their own paths. Fetched once through the Go module proxy (needs `go`), then kept in
 * the cache folder.
 */
export async function goModuleFiles(
  { module, version, paths }: GoModuleFiles,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const chosen = createHash('sha256').update(paths.join('\n')).digest('hex').slice(0, 8);
  const folder = join(cacheDir(env), 'files', `${module.replaceAll('/', '-')}-${version}-${chosen}`);
  if (existsSync(folder)) return folder;
  const modules = join(cacheDir(env), `go-files.${process.pid}`);
  const draft = `${folder}.${process.pid}`;
  try {
    const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', `${module}@v${version}`], {
      cwd: '/',
      // -modcacherw: a read-only module cache could not be removed again.
      env: { ...env, GOMODCACHE: modules, GOFLAGS: '-modcacherw' },
    });
    const { Dir: source } = JSON.parse(stdout) as { readonly Dir: string };
    await mkdir(draft, { recursive: true });
    for (const path of paths) await cp(join(source, path), join(draft, path), { recursive: true });
    await rename(draft, folder).catch((error: unknown) => {
      // Another process was faster; its copy is the same.
      if (!existsSync(folder)) throw error;
    });
  } catch (cause) {
    const what = `${paths.join(', ')} of ${module} ${version}`;
    throw new Error(`${what} cannot be fetched: install Go, or put them into ${folder}`, { cause });
  } finally {
    await rm(modules, { recursive: true, force: true });
    await rm(draft, { recursive: true, force: true });
  }
  return folder;
}
