import { Type, type Static } from '../schema.ts';

export const FirmwareUpdate = Type.Object({ component: Type.String(), url: Type.String() });
export type FirmwareUpdate = Static<typeof FirmwareUpdate>;
