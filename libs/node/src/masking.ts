import { isJsonObject, type Json, type JsonObject } from './json.ts';

/** What stands in place of a secret in everything that leaves the service. */
export const mask = '******';

/** A key that contains one of these, in any case, holds a secret (oslo.utils' list plus Ironic's own SNMP keys). */
const secretWords =
  /password|auth_?token|token|secret|configdrive|private_?key|ssl_?key|passphrase|passwd|adminpass|admin_pass|snmp_auth_key|snmp_priv_key|pull_secret/i;

/** True when the value under `key` is a secret: it is masked in replies and sealed in the database. */
export function isSecretKey(key: string): boolean {
  return secretWords.test(key);
}

/** `password=...` and the like inside a longer string, as error messages of BMCs and image servers carry them. */
const secretInText =
  /((?:password|passwd|token|secret|passphrase|admin_pass|private_key)["']?\s*[:=]\s*["']?)([^\s"'&,;}]+)/gi;
const credentialsInUrl = /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@:]+:[^\s/@]+@/gi;

/** Replaces credentials inside free text: `password=x`, `"token": "x"`, `https://user:x@host`. */
export function maskText(text: string): string {
  if (!/[:=]/.test(text)) return text;
  return text.replace(secretInText, `$1${mask}`).replace(credentialsInUrl, `$1${mask}@`);
}

/** A copy in which every value under a secret key, at any depth, reads `******`; the same object when it holds none. */
export function maskSecrets(object: JsonObject): JsonObject {
  return maskValue(object) as JsonObject;
}

function maskValue(value: Json): Json {
  if (typeof value === 'string') return maskText(value);
  if (Array.isArray(value)) return mapIfChanged(value, maskValue);
  if (!isJsonObject(value)) return value;
  let changed = false;
  const masked: Record<string, Json> = {};
  for (const [key, inner] of Object.entries(value)) {
    const shown = isSecretKey(key) && inner !== null && typeof inner !== 'object' ? mask : maskValue(inner);
    changed ||= shown !== inner;
    masked[key] = shown;
  }
  return changed ? masked : value;
}

function mapIfChanged(list: readonly Json[], map: (item: Json) => Json): readonly Json[] {
  const mapped = list.map(map);
  return mapped.some((item, index) => item !== list[index]) ? mapped : list;
}

/** `instance_info` as it may be shown: besides secrets, the image URL (it may carry credentials) and any config drive are masked whole. */
export function maskInstanceInfo(instanceInfo: JsonObject): JsonObject {
  const masked = maskSecrets(instanceInfo);
  const hidden = ['configdrive', 'image_url'].filter((key) => Boolean(masked[key]));
  return hidden.length === 0 ? masked : { ...masked, ...Object.fromEntries(hidden.map((key) => [key, mask])) };
}
