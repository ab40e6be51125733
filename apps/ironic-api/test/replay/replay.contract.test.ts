import { replayContract } from './replay-contract.ts';
import { openStage } from './stage.ts';

replayContract('SQLite', () => openStage());
