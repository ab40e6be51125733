import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Provider, providerFiles, type ProviderRelease } from './provider.ts';

/** An entry of `providers` in clusterctl.yaml. */
export interface ProviderEntry {
  readonly name: string;
  readonly type: string;
  readonly url: string;
}

/**
 * Writes a release into a local repository, <folder>/<label>/<version>/, and answers what clusterctl.yaml has to say of it. The same
 * layout serves sites without a way out.
 */
export async function writeRepository(
  folder: string,
  provider: Provider,
  release: ProviderRelease,
): Promise<ProviderEntry> {
  const home = join(folder, provider.label, release.version);
  mkdirSync(home, { recursive: true });
  for (const [name, content] of await providerFiles(provider, release)) writeFileSync(join(home, name), content);
  return { name: provider.name, type: provider.type, url: `file://${join(home, provider.componentsFile)}` };
}

export function clusterctlConfig(entries: readonly ProviderEntry[]): string {
  return stringify({ providers: entries });
}
