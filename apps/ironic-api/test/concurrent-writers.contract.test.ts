import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { concurrentWritersContract } from './concurrent-writers-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'metal3-writers-'));
concurrentWritersContract('SQLite', () => Promise.resolve(`sqlite:${join(folder, 'db')}`));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
