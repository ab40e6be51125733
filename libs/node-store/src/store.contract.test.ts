import { changesContract } from './testing/changes-contract.ts';
import { nodesContract } from './testing/nodes-contract.ts';
import { sqliteHarness } from './testing/sqlite-harness.ts';
import { recordsContract } from './testing/records-contract.ts';
import { workContract } from './testing/work-contract.ts';

nodesContract('SQLite', sqliteHarness);
workContract('SQLite', sqliteHarness);
changesContract('SQLite', sqliteHarness);
recordsContract('SQLite', sqliteHarness);
