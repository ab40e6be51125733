import { stringify } from 'yaml';

/**
 * YAML with sorted keys. Strings that an older reader would take for something else ("24", "yes", "1:30") are quoted: cloud-init
 * reads YAML 1.1.
 */
export function yamlText(value: object): string {
  return stringify(value, { version: '1.1', sortMapEntries: true, lineWidth: 0 });
}
