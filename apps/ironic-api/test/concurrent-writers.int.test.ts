import { testPostgres } from '@metal3/local-servers';
import { concurrentWritersContract } from './concurrent-writers-contract.ts';

concurrentWritersContract('PostgreSQL', async () => (await testPostgres()).url);
