import { testPostgres } from '@metal3/local-servers';
import { replayContract } from './replay-contract.ts';
import { openStage } from './stage.ts';

replayContract('PostgreSQL', async () => openStage({ storeUrl: (await testPostgres()).url }));
