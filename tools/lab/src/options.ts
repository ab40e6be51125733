import { Command } from 'commander';

/** What `npm run lab` was asked for. */
export interface LabOptions {
  /** Run journeys and exit; without it the lab stays open. */
  readonly test: boolean;
  /** Only the journeys that every change has to pass. */
  readonly quick: boolean;
  /** Only journeys whose name holds one of these words. */
  readonly only: readonly string[];
  /** Where the figures are written, as JSON. */
  readonly json: string | undefined;
  /** Leave console logs, disks and the services' logs behind. */
  readonly keep: boolean;
  readonly stateDir: string;
  /** Only name the journeys. */
  readonly list: boolean;
}

/** Reads the command line; prints help or a complaint and exits by itself. */
export function readOptions(argv: readonly string[], defaultStateDir: string): LabOptions {
  let read: LabOptions | undefined;
  const common = (command: Command) =>
    command
      .option('--state-dir <folder>', 'where this run keeps its files', defaultStateDir)
      .option('--keep', 'leave logs, console logs and disks behind', false);
  // What stands behind `test` is its own: without this the program would take --keep and --state-dir from it.
  const program = common(new Command('npm run lab --').enablePositionalOptions())
    .description(
      'A virtual machine with real firmware behind a Redfish BMC, and the whole stack to provision it. Needs root on Debian or Ubuntu.',
    )
    .showHelpAfterError('(npm run lab -- --help shows every option)')
    .action((given: { stateDir: string; keep: boolean }) => {
      read = { ...given, test: false, quick: false, only: [], json: undefined, list: false };
    });
  common(program.command('test'))
    .description('take machines through their journeys, and exit: 0 if all went well')
    .argument('[word...]', 'only journeys whose name holds one of these words')
    .option('--quick', 'only the journeys that every change has to pass', false)
    .option('--list', 'name the journeys and exit', false)
    .option('--json <file>', 'write the figures to this file')
    .action(
      (only: string[], given: { stateDir: string; keep: boolean; quick: boolean; list: boolean; json?: string }) => {
        read = { ...given, test: true, only, json: given.json };
      },
    );
  program.parse([...argv]);
  if (read === undefined) throw new Error('the command line asked for nothing');
  return read;
}
