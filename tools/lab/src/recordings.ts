import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const recordings = join(import.meta.dirname, '../../fleet/test/fixtures');

/** What the real agent once posted; the simulated agent of the fleet is tested against it. */
export function recordedInventory(): unknown {
  const text = readFileSync(join(recordings, 'continue-inspection.json'), 'utf8');
  return (JSON.parse(text) as { inventory: unknown }).inventory;
}

/**
 * Paths of fields that one value has and the other lacks, as `interfaces[].lldp`. Of a list only the first element counts; what is in a
 * list or object that the other has empty cannot be compared, nor a list where the recording has null: the agent that was recorded was
 * not told to listen to switches, and had null in place of what it would have heard.
 */
export function shapeDifference(recorded: unknown, seen: unknown, path = ''): string[] {
  if (recorded === null && Array.isArray(seen)) return [];
  if (Array.isArray(recorded) && Array.isArray(seen)) {
    const [first, other] = [recorded[0], seen[0]] as [unknown, unknown];
    return first === undefined || other === undefined ? [] : shapeDifference(first, other, `${path}[]`);
  }
  if (!isRecord(recorded) || !isRecord(seen)) {
    return isRecord(recorded) === isRecord(seen) && Array.isArray(recorded) === Array.isArray(seen)
      ? []
      : [`${path} is of another kind`];
  }
  const at = (key: string) => (path === '' ? key : `${path}.${key}`);
  return [
    ...Object.keys(recorded).flatMap((key) =>
      key in seen ? shapeDifference(recorded[key], seen[key], at(key)) : [`${at(key)} is gone`],
    ),
    ...Object.keys(seen).flatMap((key) => (key in recorded ? [] : [`${at(key)} is new`])),
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
