import { openStage } from './replay/stage.ts';
import { unstorableTextContract } from './unstorable-text-contract.ts';

unstorableTextContract('SQLite', () => openStage());
