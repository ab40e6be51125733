import { fileURLToPath } from 'node:url';

/** The folder of bundled services that a whole test run made; see `npm test`. */
export const bundlesVariable = 'METAL3_TEST_BUNDLES';

const apps = fileURLToPath(new URL('../../../apps/', import.meta.url));

/**
 * The file to run a service from: its bundle within `npm test`, which starts in a third of the processor time, its sources when a test
 * file is run by itself.
 */
export function serviceEntry(name: string): string {
  const bundles = process.env[bundlesVariable];
  return bundles === undefined ? `${apps}${name}/src/main.ts` : `${bundles}/${name}.mjs`;
}
