// Writes the artefacts of our clusterctl providers into a folder, in the layout of a local repository:
// npm run clusterctl -- --out dist/clusterctl --version v0.1.0
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { appVersion, infrastructureProvider, ipamProvider } from './provider.ts';
import { clusterctlConfig, writeRepository } from './repository.ts';

const root = resolve(import.meta.dirname, '../../..');
const command = new Command('npm run clusterctl --')
  .description('Components and metadata of our Cluster API providers, as clusterctl reads them.')
  .option('--out <folder>', 'where to', 'dist/clusterctl')
  .option('--version <version>', 'version of the release, such as v0.1.0; that of the app if left out')
  .option('--registry <host/path>', 'registry of the image, before its repository', '')
  .parse(process.argv);
const { out, version, registry } = command.opts<{ out: string; version?: string; registry: string }>();

const folder = resolve(out);
mkdirSync(folder, { recursive: true });
const entries = [];
for (const provider of [infrastructureProvider, ipamProvider]) {
  const release = { version: version ?? appVersion(root, provider), image: { registry } };
  entries.push(await writeRepository(folder, provider, release));
  console.log(`${provider.label} ${release.version}: ${folder}`);
}
const config = join(folder, 'clusterctl.yaml');
writeFileSync(config, clusterctlConfig(entries));
console.log(
  `clusterctl init --config ${config} --infrastructure ${infrastructureProvider.name} --ipam ${ipamProvider.name}`,
);
