import { isJsonObject, type Json, type JsonObject } from '@metal3/node';

/** `{node.properties[cpu_arch]}`, `{inventory[cpu][count]}`, `{item}`; doubled braces stand for themselves. */
const token = /\{\{|\}\}|\{([a-z_]+)((?:\.\w+|\[[^\][]*\])*)\}/gi;
const step = /\.(\w+)|\[([^\][]*)\]/g;

/** Values by the names that arguments may use. */
export type Scope = JsonObject;

/**
 * Arguments with what they refer to in place. An argument that is one reference and nothing else becomes the value itself, whatever its type;
 * within other text a value is written out. What does not exist is null, so that `is-none` and `is-empty` can ask for it.
 */
export function interpolate(value: Json, scope: Scope): Json {
  if (typeof value === 'string') return interpolateText(value, scope);
  if (Array.isArray(value)) return value.map((item: Json) => interpolate(item, scope));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, interpolate(inner, scope)]));
}

function interpolateText(text: string, scope: Scope): Json {
  const [whole] = text.matchAll(token);
  if (whole?.[0] === text && whole[1] !== undefined) return lookUp(whole[1], whole[2] ?? '', scope);
  return text.replace(token, (match, root: string | undefined, path: string) => {
    if (root === undefined) return match.slice(1);
    return written(lookUp(root, path, scope));
  });
}

function lookUp(root: string, path: string, scope: Scope): Json {
  let value: Json | undefined = Object.hasOwn(scope, root) ? scope[root] : undefined;
  for (const [, name, index] of path.matchAll(step)) {
    const key = (name ?? index ?? '').replace(/^(['"])(.*)\1$/, '$2');
    if (Array.isArray(value)) value = value[Number(key)] as Json | undefined;
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value ?? null;
}

const written = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
