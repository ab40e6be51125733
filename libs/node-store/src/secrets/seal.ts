import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { isJsonObject, isSecretKey, type Json, type JsonObject } from '@metal3/node';
import { NodeStoreError } from '../contract/errors.ts';

const prefix = 'sealed:v1:';
const nonceBytes = 12;
const tagBytes = 16;

/** Seals with AES-256-GCM under one key. What is sealed for one context (a node) cannot be opened in another. */
export interface SecretBox {
  sealText(plain: string, context: string): string;
  /** @throws SECRET-UNREADABLE */
  openText(sealed: string, context: string): string;
  sealBytes(plain: Uint8Array, context: string): Buffer;
  /** @throws SECRET-UNREADABLE */
  openBytes(sealed: Uint8Array, context: string): Buffer;
  /**
   * Seals every plain value under a secret key. A value that equals the one sealed in `before` keeps its sealed form, so that
   * writing the same password again is no change.
   */
  sealFields(fields: JsonObject, context: string, before?: JsonObject): JsonObject;
  /** Opens every sealed value. @throws SECRET-UNREADABLE */
  revealFields(fields: JsonObject, context: string): JsonObject;
}

export function isSealed(value: unknown): value is string {
  return typeof value === 'string' && value.startsWith(prefix);
}

/** @param key 32 bytes */
export function secretBox(key: Uint8Array): SecretBox {
  if (key.length !== 32) throw new TypeError(`The sealing key must be 32 bytes long but is ${key.length}.`);

  const sealBytes = (plain: Uint8Array, context: string): Buffer => {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), body]);
  };
  const openBytes = (sealed: Uint8Array, context: string): Buffer => {
    try {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(context))
        .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    } catch (error) {
      throw new NodeStoreError('SECRET-UNREADABLE', `A secret of ${context} was sealed with another key.`, {}, error);
    }
  };
  const sealText = (plain: string, context: string) =>
    prefix + sealBytes(Buffer.from(plain), context).toString('base64url');
  const openText = (sealed: string, context: string) =>
    openBytes(Buffer.from(sealed.slice(prefix.length), 'base64url'), context).toString();

  const opened = (value: unknown, context: string): string | undefined => {
    if (!isSealed(value)) return undefined;
    try {
      return openText(value, context);
    } catch {
      return undefined;
    }
  };

  const sealValue = (value: Json, context: string, before: Json | undefined): Json => {
    if (value === null || value === '' || typeof value === 'object') return value;
    // A client may send text that merely looks sealed; only what opens here passes through.
    if (opened(value, context) !== undefined) return value;
    const plain = JSON.stringify(value);
    return before !== undefined && opened(before, context) === plain ? before : sealText(plain, context);
  };

  const walk = (
    value: Json,
    map: (key: string, value: Json, before: Json | undefined) => Json,
    before?: Json,
  ): Json => {
    if (Array.isArray(value)) return value.map((item: Json) => walk(item, map));
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        const was = isJsonObject(before) ? before[key] : undefined;
        return [key, typeof inner === 'object' && inner !== null ? walk(inner, map, was) : map(key, inner, was)];
      }),
    );
  };

  return {
    sealText,
    openText,
    sealBytes,
    openBytes,
    sealFields: (fields, context, before) =>
      walk(
        fields,
        (key, value, was) => (isSecretKey(key) ? sealValue(value, context, was) : value),
        before,
      ) as JsonObject,
    revealFields: (fields, context) =>
      walk(fields, (_key, value) =>
        isSealed(value) ? (JSON.parse(openText(value, context)) as Json) : value,
      ) as JsonObject,
  };
}
