import type { ChangeToken } from '../contract/changes.ts';

export function formatToken(epoch: string, seq: number): ChangeToken {
  return `${epoch}:${seq}`;
}

export function parseToken(token: ChangeToken): { readonly epoch: string; readonly seq: number } | undefined {
  const found = /^([0-9a-f]+):(\d{1,15})$/.exec(token);
  return found?.[1] === undefined ? undefined : { epoch: found[1], seq: Number(found[2]) };
}
