// One Jest project per workspace package, so that coverage and counts are per project while one process runs them all.
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const { workspaces } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
const folders = workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root })).map(dirname);

const swc = {
  jsc: { target: 'es2024', parser: { syntax: 'typescript' } },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

export default {
  // For what hangs; no test is meant to come near it, on however slow a machine.
  testTimeout: 180_000,
  // Makes real servers available to every test file of the run, started when first asked for.
  globalSetup: resolve(root, 'libs/local-servers/jest-setup.mjs'),
  globalTeardown: resolve(root, 'libs/local-servers/jest-teardown.mjs'),
  projects: folders
    .filter((folder) => existsSync(resolve(root, folder, 'package.json')))
    .map((folder) => ({
      displayName: folder,
      rootDir: resolve(root, folder),
      testMatch: ['<rootDir>/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/dist/'],
      modulePathIgnorePatterns: ['/dist/', '/\\.state(-lab)?/', '/\\.cache/'],
      extensionsToTreatAsEsm: ['.ts'],
      transform: { '^.+\\.ts$': ['@swc/jest', swc] },
      testEnvironment: 'node',
      collectCoverageFrom: [
        '<rootDir>/**/*.ts',
        '!<rootDir>/**/gen/**',
        '!<rootDir>/**/*.test.ts',
        '!<rootDir>/dist/**',
      ],
    })),
};
