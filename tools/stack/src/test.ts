import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { bundlesVariable } from '@metal3/local-servers';
import { bundleServices } from './bundle.ts';
import { serviceNames } from './programs.ts';
import { addCounts, closingLine, countsOf, noCounts, type Counts, type JestReport } from './test-counts.ts';
import { testRun } from './test-run.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

interface Suite {
  readonly name: string;
  readonly holds: (file: string) => boolean;
  readonly jestFlags: readonly string[];
  /** Runs only where it is named. */
  readonly onDemand?: boolean;
}

const isJourney = (file: string): boolean => file.endsWith('.journey.test.ts');
/** Journeys of one service among other people's programs. */
const isNeighbourly = (file: string): boolean => isJourney(file) && /^(apps|e2e\/(ipam|capm3))\//.test(file);

/**
 * In this order. On two cores, tests of code keep two workers busy; those of whole services wait for leases, boots and servers a third of
 * their time, which a third worker uses.
 */
const suites: readonly Suite[] = [
  { name: 'unit', holds: (file) => !/\.(int|journey|nightly)\.test\.ts$/.test(file), jestFlags: ['--maxWorkers=2'] },
  { name: 'integration', holds: (file) => file.endsWith('.int.test.ts'), jestFlags: ['--maxWorkers=3'] },
  { name: 'neighbours', holds: isNeighbourly, jestFlags: ['--maxWorkers=3'] },
  { name: 'journeys', holds: (file) => isJourney(file) && !isNeighbourly(file), jestFlags: ['--maxWorkers=3'] },
  {
    name: 'nightly',
    holds: (file) => file.endsWith('.nightly.test.ts'),
    jestFlags: ['--maxWorkers=1'],
    onDemand: true,
  },
];

const command = new Command('npm test --')
  .description('Unit and contract tests, integration tests on real servers, and journeys through the whole system.')
  .argument('[pattern...]', 'only test files whose path holds one of these')
  .option('--suite <names>', `only these, comma-separated: ${suites.map(({ name }) => name).join(', ')}`)
  .option('--coverage', 'measure coverage, per project, into coverage/', false)
  .parse(process.argv);
const { suite: chosen, coverage } = command.opts<{ suite?: string; coverage: boolean }>();
const unknown = chosen?.split(',').find((name) => !suites.some((suite) => suite.name === name));
if (unknown !== undefined) command.error(`there is no suite called ${unknown}`);

const files = globSync('{apps,libs,tools,e2e,bench}/**/*.test.ts', {
  cwd: root,
  exclude: (path) => /node_modules|dist/.test(path),
})
  .filter((file) => command.args.length === 0 || command.args.some((pattern) => file.includes(pattern)))
  .sort();

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

let total = noCounts;
const began = Date.now();
// Tests start services hundreds of times: from bundles, and with V8's code of an earlier start.
const programs = mkdtempSync(join(tmpdir(), 'metal3-test-programs-'));
process.once('exit', () => rmSync(programs, { recursive: true, force: true }));
const surroundings = {
  ...process.env,
  [bundlesVariable]: await bundleServices(root, serviceNames, join(programs, 'services')),
  NODE_COMPILE_CACHE: join(programs, 'compiled'),
};
for (const suite of suites) {
  const own = files.filter(suite.holds);
  if (
    interrupted.signal.aborted ||
    own.length === 0 ||
    !(chosen?.split(',').includes(suite.name) ?? suite.onDemand !== true)
  )
    continue;
  process.stdout.write(`\n== ${suite.name}: ${own.length} files\n`);
  const counts = await runJest(suite, own);
  process.stdout.write(`== ${suite.name}: ${closingLine(counts)} in ${Math.round(counts.seconds)} s\n`);
  total = addCounts(total, counts);
}
process.stdout.write(`\nin all ${Math.round((Date.now() - began) / 1000)} s\n${closingLine(total)}\n`);
process.exit(interrupted.signal.aborted ? 130 : total.failed > 0 || total.passed === 0 ? 1 : 0);

/** Runs Jest on the files; a run that ends without a report, or not by itself, counts as one failure. */
async function runJest(suite: Suite, own: readonly string[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'metal3-test-report-'));
  const report = join(folder, 'report.json');
  const startedAt = Date.now();
  try {
    const end = await testRun<JestReport>({
      command: process.execPath,
      args: [
        '--experimental-vm-modules',
        '--disable-warning=ExperimentalWarning',
        'node_modules/jest/bin/jest.js',
        '--json',
        `--outputFile=${report}`,
        ...suite.jestFlags,
        ...(coverage ? ['--coverage', `--coverageDirectory=coverage/${suite.name}`] : []),
        '--runTestsByPath',
        ...own,
      ],
      cwd: root,
      env: { ...surroundings, ...(process.stderr.isTTY ? { FORCE_COLOR: '1' } : {}) },
      report,
      limitMs: 15 * 60_000,
      graceMs: 30_000,
      print: (text) => process.stderr.write(text),
      signal: interrupted.signal,
    });
    const seconds = (Date.now() - startedAt) / 1000;
    const counts = end.report === undefined ? noCounts : countsOf(end.report);
    if (end.problem === undefined) return { ...counts, seconds };
    if (counts.failed === 0) process.stdout.write(`\n${suite.name}: ${end.problem}\n`);
    return { ...counts, failed: Math.max(1, counts.failed), seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
