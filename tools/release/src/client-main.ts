// Writes a client as it is published: npm run client-package -- ipam --out dist/clients/ipam
import { resolve } from 'node:path';
import { Command } from 'commander';
import { writeClientPackage } from './client-package.ts';

const root = resolve(import.meta.dirname, '../../..');
const command = new Command('npm run client-package --')
  .description('JavaScript and types of a gRPC client, for npm pack and npm publish.')
  .argument('<client>', 'a folder below libs/clients')
  .option('--out <folder>', 'where to; dist/clients/<client> if left out')
  .parse(process.argv);
const [client = ''] = command.args;
const out = resolve(command.opts<{ out?: string }>().out ?? `dist/clients/${client}`);
await writeClientPackage({ root, client, out });
console.log(`${client}: ${out}`);
