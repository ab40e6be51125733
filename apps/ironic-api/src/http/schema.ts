import { Ajv, type ErrorObject } from 'ajv';
import { invalid } from '../faults.ts';
import { pythonText, shortened } from './python-text.ts';
import { isMac, isUuid } from './query.ts';

const ajv = new Ajv({
  allErrors: true,
  verbose: true,
  strict: false,
  formats: { uuid: isUuid, 'mac-address': isMac },
});

/**
 * A check of a JSON value against a schema, compiled once.
 *
 * @param subject what the value is called in the error: "Schema error for <subject>: ..."; undefined for a whole body that has no name
 * @returns a function that throws Fault (400) in the words of python-jsonschema, which clients of Ironic know
 */
export function schemaCheck(subject: string | undefined, schema: object): (value: unknown) => void {
  const valid = ajv.compile(schema);
  return (value) => {
    if (valid(value)) return;
    throw invalid(`Schema error${subject === undefined ? '' : ` for ${subject}`}: ${explain(valid.errors ?? [])}`);
  };
}

/** The sentence for the outermost error, as upstream's best match chooses it. */
function explain(errors: readonly ErrorObject[]): string {
  const depth = (error: ErrorObject): number => error.instancePath.split('/').length;
  const alternatives = errors.find((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
  if (alternatives !== undefined) {
    const causes = errors.filter((error) => error.schemaPath.startsWith(`${alternatives.schemaPath}/`));
    const root = causes.at(-1);
    return `${sentence(alternatives, errors)}${root === undefined ? '' : `. Possible root cause: ${sentence(root, errors)}`}`;
  }
  const outermost = [...errors].sort((a, b) => depth(a) - depth(b))[0];
  return outermost === undefined ? 'the value is not valid' : sentence(outermost, errors);
}

function sentence(error: ErrorObject, all: readonly ErrorObject[]): string {
  const shown = shortened(pythonText(error.data));
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'type':
      return `${shown} is not of type ${[params['type']].flat().map(pythonText).join(', ')}`;
    case 'required':
      return `${pythonText(params['missingProperty'])} is a required property`;
    case 'additionalProperties': {
      const extra = all
        .filter((other) => other.keyword === 'additionalProperties' && other.instancePath === error.instancePath)
        .map((other) => pythonText((other.params as { additionalProperty?: unknown }).additionalProperty));
      const unexpected = [...new Set(extra)];
      return `Additional properties are not allowed (${unexpected.join(', ')} ${unexpected.length > 1 ? 'were' : 'was'} unexpected)`;
    }
    case 'enum':
      return `${shown} is not one of ${pythonText(params['allowedValues'])}`;
    case 'pattern':
      return `${shown} does not match ${pythonText(params['pattern'])}`;
    case 'minItems':
    case 'minLength':
      return params['limit'] === 1 ? `${shown} should be non-empty` : `${shown} is too short`;
    case 'maxItems':
    case 'maxLength':
      return `${shown} is too long`;
    case 'minimum':
      return `${shown} is less than the minimum of ${String(params['limit'])}`;
    case 'format':
      return `${shown} is not a ${pythonText(params['format'])}`;
    case 'oneOf':
      if (Array.isArray(params['passingSchemas'])) {
        const options = error.schema as readonly unknown[];
        const passing = (params['passingSchemas'] as readonly number[]).map((index) => pythonText(options[index]));
        return `${shown} is valid under each of ${passing.join(', ')}`;
      }
      return `${shown} is not valid under any of the given schemas`;
    case 'anyOf':
      return `${shown} is not valid under any of the given schemas`;
    default:
      return `${shown} ${error.message ?? 'is not valid'}`;
  }
}

/** Schema fragments that many resources share. */
export const text = (maxLength?: number): object => ({
  type: ['string', 'null'],
  ...(maxLength === undefined ? {} : { maxLength }),
});
export const freeForm: object = { type: ['object', 'null'] };
/** Booleans may come as words; they are read by `parseBoolean` afterwards. */
export const looseBoolean: object = { type: ['string', 'boolean', 'null'] };
