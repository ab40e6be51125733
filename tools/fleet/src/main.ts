#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { manifests } from './control/manifests.ts';
import { startFleet } from './fleet.ts';
import { FaultError } from './faults/plan.ts';
import { identify } from './machine/identity.ts';
import { OptionError, parseCommandLine, usage, type CommandLine } from './options.ts';

async function main(): Promise<void> {
  const commandLine = parseCommandLine(process.argv.slice(2));
  switch (commandLine.action) {
    case 'help':
      process.stdout.write(usage);
      return;
    case 'manifests':
      printManifests(commandLine);
      return;
    case 'run':
      await run(commandLine);
  }
}

function printManifests({ options, namespace }: CommandLine): void {
  const { host, port } = options.listen;
  const name = options.advertise ?? host;
  const bmcUrl = `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
  const identities = Array.from({ length: options.hosts }, (_, index) => identify(index, options));
  const driver = 'redfish-virtualmedia';
  process.stdout.write(
    manifests(identities, { namespace, bmcUrl, filesUrl: `${bmcUrl}/files`, image: 'none', online: true, driver }),
  );
}

async function run({ options }: CommandLine): Promise<void> {
  // Short-lived buffers of many machines make V8 grow its young generation for nothing: a quarter of the memory.
  setFlagsFromString('--semi-space-growth-factor=1');
  const fleet = await startFleet(options);
  const { seed, timeScale } = fleet.options;
  process.stdout.write(
    `${JSON.stringify({ ready: true, hosts: fleet.machines.size, seed, timeScale, urls: fleet.urls, pid: process.pid })}\n`,
  );
  const stop = () => {
    fleet.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function fail(error: unknown): never {
  const known = error instanceof OptionError || error instanceof FaultError;
  process.stderr.write(
    `fleet: ${error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error)}\n`,
  );
  process.exit(known ? 2 : 1);
}

main().catch(fail);
