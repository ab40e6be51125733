import { testPostgres } from '@metal3/local-servers';
import { openStage } from './replay/stage.ts';
import { unstorableTextContract } from './unstorable-text-contract.ts';

unstorableTextContract('PostgreSQL', async () => openStage({ storeUrl: (await testPostgres()).url }));
