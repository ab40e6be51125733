import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BootLoaders } from '@metal3/boot-artifacts';

/** Reads isolinux.bin and its modules from a folder; undefined when none is configured. */
export async function readIsolinux(folder: string): Promise<BootLoaders['isolinux']> {
  if (folder === '') return undefined;
  const names = (await readdir(folder)).filter((name) => name.endsWith('.c32')).sort();
  const modules = await Promise.all(
    names.map(async (name): Promise<[string, Uint8Array]> => [name, await readFile(join(folder, name))]),
  );
  return { loader: await readFile(join(folder, 'isolinux.bin')), modules: Object.fromEntries(modules) };
}
