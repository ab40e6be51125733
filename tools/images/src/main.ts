// Writes what the image of a service contains: node tools/images/src/main.ts ipam /out
import { resolve } from 'node:path';
import { Command } from 'commander';
import { writeImageContent } from './content.ts';

const root = resolve(import.meta.dirname, '../../..');
const command = new Command('node tools/images/src/main.ts')
  .description('Bundles a service for its image.')
  .argument('<service>', 'a folder below apps/')
  .argument('<folder>', 'where to')
  .parse(process.argv);
const [service = '', folder = ''] = command.args;
await writeImageContent({ root, service, out: resolve(folder) });
console.log(`${service}: ${folder}`);
