import type { Migration } from '../migrate.ts';
import { firstTables } from './001-first-tables.ts';
import { records } from './002-records.ts';

/** In order. A migration only expands what N-1 still reads; what contracts raises `minReader` one release later. */
export const migrations: readonly Migration[] = [firstTables, records];
