// What a tag of nx release releases, and the files that are attached to it, as the release workflow asks for them:
//   npm run --silent release -- describe chart-ipam@0.1.0
//   npm run --silent release -- artefacts chart-ipam@0.1.0 --registry ghcr.io/metal3 --digest sha256:... --out dist/release
import { resolve } from 'node:path';
import { Command } from 'commander';
import { writeArtefacts } from './artefacts.ts';
import { readReleaseTag } from './release-tag.ts';

const root = resolve(import.meta.dirname, '../../..');
const program = new Command('npm run release --');
program
  .command('describe')
  .description('Prints kind, name, version and app version as lines of name=value.')
  .argument('<tag>', 'such as @metal3/ipam@1.2.3')
  .action((tag: string) => {
    for (const [name, value] of Object.entries(readReleaseTag(root, tag))) console.log(`${name}=${value ?? ''}`);
  });
program
  .command('artefacts')
  .description("Writes clusterctl's files of an app, the package of a chart or of a client.")
  .argument('<tag>', 'such as @metal3/ipam@1.2.3')
  .option('--registry <host/path>', 'of the images, before their repository', '')
  .option('--digest <sha256:...>', 'of the image that the app or the chart runs', '')
  .option('--out <folder>', 'where to', 'dist/release')
  .action(async (tag: string, { registry, digest, out }: { registry: string; digest: string; out: string }) => {
    const release = readReleaseTag(root, tag);
    for (const file of await writeArtefacts({ root, release, registry, digest, out: resolve(out) })) console.log(file);
  });
await program.parseAsync(process.argv).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
