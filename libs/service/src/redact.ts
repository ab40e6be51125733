/** Names under which secrets travel, in lower case. */
const secretNames = new Set([
  'password',
  'redfish_password',
  'ipmi_password',
  'agent_token',
  'agent_secret_token',
  'agenttoken',
  'token',
  'authorization',
  'secret',
  'configdrive',
  'userdata',
  'user_data',
  'x-auth-token',
  'set-cookie',
  'cookie',
]);

const credentialsInUrl = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]*:[^\s/@]+@/gi;

/** Takes user and password out of the URLs in a text, as error messages of image servers and proxies carry them. */
export function redactText(text: string): string {
  return text.includes('@') && text.includes('://') ? text.replace(credentialsInUrl, '$1***@') : text;
}

/** Log objects are shallow; deeper values are data that do not belong in a log anyway. */
const deepest = 5;

/**
 * Replaces the values under secret names, and credentials in URLs, at any of the first levels. Copies only the objects on the way to a secret. Written by hand
 * because pino's own redaction by paths costs fifty microseconds a line.
 */
export function redact<Value extends object>(value: Value, depth = 0): Value {
  let copy: Record<string, unknown> | undefined;
  for (const [key, child] of Object.entries(value)) {
    let shown: unknown = child;
    if (secretNames.has(key.toLowerCase())) {
      if (child !== undefined && child !== null && child !== '') shown = '***';
    } else if (typeof child === 'string') {
      shown = redactText(child);
    } else if (typeof child === 'object' && child !== null && depth < deepest && isPlain(child)) {
      shown = redact(child, depth + 1);
    }
    if (shown === child) continue;
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>;
    copy[key] = shown;
  }
  return (copy as Value | undefined) ?? value;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null);
}
