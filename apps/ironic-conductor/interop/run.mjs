// npm run test:bmc: our conductor against a Redfish service that others wrote, sushy-emulator from PyPI, on this machine alone.
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { ensureEnvironment, packagedNode } from '../../../tools/pypi-programs.mjs';

const root = resolve(import.meta.dirname, '../../..');
const environment = ensureEnvironment(['sushy-tools==2.2.0']);
const jest = spawn(
  packagedNode(root),
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(root, 'node_modules/jest/bin/jest.js'),
    ...['--config', join(import.meta.dirname, 'jest.config.mjs')],
    ...['--globals', JSON.stringify({ emulator: environment })],
    ...['--testTimeout', '180000', '--runInBand', '--verbose', '--bail'],
  ],
  { cwd: root, stdio: 'inherit' },
);
jest.once('exit', (code) => (process.exitCode = code ?? 1));
