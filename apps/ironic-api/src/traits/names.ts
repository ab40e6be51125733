import { invalid } from '../faults.ts';
import { pythonText } from '../http/python-text.ts';

const most = 50;
const custom = /^CUSTOM_[A-Z0-9_]+$/;
/**
 * Name spaces of the standard traits. The catalogue (os-traits) grows with every release of hardware, so a well-formed name of a known
 * name space is taken; upstream wants its exact entry.
 */
const standard = /^(COMPUTE|HW|STORAGE|MISC|OWNER)_[A-Z0-9_]+$/;

/** @throws Fault (400) for a text that cannot be a trait */
export function checkTrait(trait: unknown): string {
  if (typeof trait === 'string' && trait.length <= 255 && (custom.test(trait) || standard.test(trait))) return trait;
  throw invalid(
    `Schema error for trait: ${pythonText(trait)} is not valid under any of the given schemas. ` +
      `Possible root cause: ${pythonText(trait)} does not match '^CUSTOM_[A-Z0-9_]+$'`,
  );
}

/** All traits of a node, sorted and without repeats. @throws Fault (400) for more than 50 */
export function checkTraits(traits: readonly unknown[]): readonly string[] {
  const names = [...new Set(traits.map(checkTrait))].sort();
  if (names.length > most) throw invalid(`A node may have ${most} traits; ${names.length} were given.`);
  return names;
}
