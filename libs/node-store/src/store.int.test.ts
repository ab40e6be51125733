import { changesContract } from './testing/changes-contract.ts';
import { nodesContract } from './testing/nodes-contract.ts';
import { postgresHarness } from './testing/postgres-harness.ts';
import { recordsContract } from './testing/records-contract.ts';
import { workContract } from './testing/work-contract.ts';

nodesContract('PostgreSQL', postgresHarness);
workContract('PostgreSQL', postgresHarness);
changesContract('PostgreSQL', postgresHarness);
recordsContract('PostgreSQL', postgresHarness);
