import { readFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Artefacts } from './artefacts.ts';
import { showFigures, writeFigures, type Figure, type JourneyResult } from './figures.ts';
import { labHost } from './host.ts';
import type { Journey } from './journey.ts';
import { journeys } from './journeys/index.ts';
import { openLab, type Lab } from './lab.ts';
import type { LabOptions } from './options.ts';

/** What the outer process hands over. */
export interface Plan {
  readonly root: string;
  readonly dir: string;
  readonly options: LabOptions;
  readonly artefacts: Artefacts;
  /** Names of the journeys to travel. */
  readonly journeys: readonly string[];
}

/** The lab itself, in namespaces of its own. Gives the exit code. */
export async function runLab(planFile: string, signal: AbortSignal): Promise<number> {
  const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
  const began = Date.now();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const say = (line: string) => print(`${((Date.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  const lab = await openLab({ ...plan, say });
  try {
    if (!plan.options.test) return await stayOpen(lab, print, signal);
    const results: JourneyResult[] = [];
    for (const journey of journeys.filter(({ name }) => plan.journeys.includes(name))) {
      if (signal.aborted) return 130;
      results.push(await travel(journey, lab, signal, print));
    }
    showFigures(results, print);
    if (plan.options.json !== undefined) writeFigures(plan.options.json, lab.accelerator.accelerator, results);
    const passed = results.filter((result) => result.passed).length;
    print(`\n${passed} passed, ${results.length - passed} failed, 0 skipped`);
    return passed === results.length && results.length > 0 ? 0 : 1;
  } finally {
    await lab.close();
  }
}

async function travel(
  journey: Journey,
  lab: Lab,
  signal: AbortSignal,
  print: (line: string) => void,
): Promise<JourneyResult> {
  print(`\n== ${journey.name}`);
  const began = Date.now();
  const figures: Figure[] = [];
  const figure = (name: string, ms: number) => {
    figures.push({ name, seconds: Number((ms / 1000).toFixed(1)) });
    lab.say(`${name}: ${(ms / 1000).toFixed(1)} s`);
  };
  const done = (rest: { passed: boolean; error?: string }): JourneyResult => ({
    journey: journey.name,
    seconds: Math.round((Date.now() - began) / 1000),
    figures,
    ...rest,
  });
  const host = labHost(lab, signal);
  try {
    await lab.addresses.by(journey.addresses);
    await journey.run({ lab, host, signal, figure });
    print(`== passed in ${Math.round((Date.now() - began) / 1000)} s`);
    return done({ passed: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    print(`== FAILED after ${Math.round((Date.now() - began) / 1000)} s: ${message}`);
    await explain(lab, print);
    return done({ passed: false, error: message });
  } finally {
    // The next journey finds the machine as it left the factory, and nobody who knows it.
    await lab.machine.toFactory();
    lab.files.throttle(undefined);
    if (!signal.aborted) await host.forget();
  }
}

/** What somebody wants to see who has to find out why. */
async function explain(lab: Lab, print: (line: string) => void): Promise<void> {
  const entries = lab.fleet.world.ledger.find({ machine: lab.machine.name }).slice(-25);
  print('the last things that happened to the machine:');
  for (const { at, event, detail } of entries) print(`    ${at} ${event} ${JSON.stringify(detail)}`);
  // The machine leaves nothing behind when it is made new for the next journey.
  const kept = join(lab.dir, 'logs', `console-${Date.now()}.log`);
  await copyFile(lab.console.path, kept).catch(() => undefined);
  print(`the end of its console (all of it: ${kept}):`);
  print(await lab.console.tail(30));
}

async function stayOpen(lab: Lab, print: (line: string) => void, signal: AbortSignal): Promise<number> {
  const host = labHost(lab, signal);
  await host.register();
  print(`
  Kubernetes   kubectl --kubeconfig ${lab.stack.kubeconfigPath} get bmh -A
  Ironic API   ${lab.stack.restUrl}/v1/nodes
  BMC          ${lab.fleet.urls.bmc}/redfish/v1/Systems/${lab.machine.identity.uuid}
  Console      ${lab.machine.consoleLog}
  Monitor      ${lab.machine.monitorPath}
  Images       ${lab.files.offer('os.raw', { file: lab.artefacts.osRaw })}
  Logs         ${lab.stack.logDir}

These addresses are in the lab's own network namespace: ${lab.dir}/enter COMMAND runs a command in it.
everything keeps running; Ctrl-C ends it
`);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  return 0;
}
