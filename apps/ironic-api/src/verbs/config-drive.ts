import { invalid, notAcceptable } from '../faults.ts';
import { schemaCheck } from '../http/schema.ts';

const checkObject = schemaCheck('configdrive', {
  type: 'object',
  properties: {
    meta_data: { type: ['object', 'null'] },
    network_data: { type: ['object', 'null'] },
    user_data: { type: ['object', 'array', 'string', 'null'] },
    vendor_data: { type: ['object', 'null'] },
  },
  additionalProperties: false,
});

const base64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/;

/** A config drive as the caller gave it: ready-made content (base64 of gzip), a URL to it, or the parts it is to be built from. */
export type ConfigDrive = string | Readonly<Record<string, unknown>>;

/**
 * The config drive of a deployment, undefined when there is none (an empty one counts as none).
 *
 * @throws Fault 400 for text that is neither base64 nor a URL or an object of another shape, 406 for a form newer than the version
 */
export function parseConfigDrive(value: unknown, minor: number): ConfigDrive | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value === 'string') {
    if (value.includes('://') || base64.test(value)) return value;
    throw invalid('Config drive is not valid: expected base64 of a gzipped ISO 9660 image, a URL, or an object');
  }
  checkObject(value);
  const parts = value as Readonly<Record<string, unknown>>;
  if (minor < 56) throw notAcceptable();
  if (parts['vendor_data'] !== undefined && minor < 59) throw notAcceptable();
  return Object.keys(parts).length === 0 ? undefined : parts;
}
