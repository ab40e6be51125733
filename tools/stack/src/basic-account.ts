import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { hash } from 'bcryptjs';
import type { StateDir } from './state-dir.ts';

/** A user of the Ironic REST API, made for this run. */
export interface BasicAccount {
  readonly htpasswdFile: string;
  /** File with `user:password`, for the person at the keyboard. */
  readonly passwordFile: string;
  readonly headers: Record<string, string>;
}

const user = 'admin';

/** Makes a user with a password of this run; only files of this user ever hold it. */
export async function basicAccount(state: StateDir): Promise<BasicAccount> {
  const password = randomBytes(18).toString('base64url');
  const htpasswdFile = state.at('htpasswd');
  const passwordFile = state.at('rest-account');
  writeFileSync(htpasswdFile, `${user}:${await hash(password, 5)}\n`, { mode: 0o600 });
  writeFileSync(passwordFile, `${user}:${password}\n`, { mode: 0o600 });
  const token = Buffer.from(`${user}:${password}`).toString('base64');
  return { htpasswdFile, passwordFile, headers: { authorization: `Basic ${token}` } };
}
