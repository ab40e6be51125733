import { setTimeout as delay } from 'node:timers/promises';
import type { Lab } from './lab.ts';

/** Talks to the Ironic API as a program of OpenStack would. @throws Error with the answer when it is none of success */
export async function ironic<Reply>({ stack }: Pick<Lab, 'stack'>, path: string, method = 'GET', body?: unknown) {
  const reply = await fetch(`${stack.restUrl}/v1/${path}`, {
    method,
    headers: { 'X-OpenStack-Ironic-API-Version': '1.89', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`${method} /v1/${path} answered ${reply.status}: ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as Reply;
}

/** Waits until a node is in a provision state, saying through which it goes. @throws Error when it fails or takes too long */
export async function nodeReaches(
  lab: Pick<Lab, 'stack' | 'say'>,
  node: string,
  state: string,
  signal: AbortSignal,
  withinMs = 600_000,
): Promise<void> {
  const end = Date.now() + withinMs;
  for (let shown = ''; ;) {
    const { provision_state: now, last_error: error } = await ironic<{
      provision_state: string;
      last_error: string | null;
    }>(lab, `nodes/${node}`);
    if (now !== shown) lab.say(`node is ${now}`);
    shown = now;
    if (now === state) return;
    if (now.endsWith('failed')) throw new Error(`the node is ${now}: ${error ?? 'no error given'}`);
    if (Date.now() > end) throw new Error(`the node is ${now} and not ${state} after ${withinMs / 60_000} minutes`);
    await delay(500, undefined, { signal });
  }
}
