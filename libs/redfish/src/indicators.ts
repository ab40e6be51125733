import type { RedfishClient } from './client.ts';
import { RedfishError } from './errors.ts';
import { readIfAnswered } from './if-there.ts';
import { booleanAt, linksAt, textAt } from './json.ts';
import { type CallOptions, members } from './transport.ts';

export type LampState = 'on' | 'off' | 'blinking';

/** A lamp that shows people which machine, chassis or drive is meant. */
export interface RedfishIndicator {
  readonly component: 'system' | 'chassis' | 'disk';
  /** UUID of a system or chassis; `STORAGE:DRIVE` of a drive, as in Ironic. */
  readonly name: string;
  readonly state: LampState | 'unknown';
  /** Only IndicatorLED blinks; LocationIndicatorActive, which replaces it since 2020, is on or off. */
  readonly canBlink: boolean;
  readonly canLocate: boolean;
  readonly path: string;
}

/** All lamps of a system: its own, its chassis', its drives'. One GET each of the system, every chassis, storage and drive. */
export async function readIndicators(
  client: RedfishClient,
  systemPath: string,
  options: CallOptions,
): Promise<readonly RedfishIndicator[]> {
  const read = (path: string): Promise<unknown> => readIfAnswered(client, path, options);
  const system = (await client.get(systemPath, options)).body;
  const found = [lampOf('chassis', await all(linksAt(system, 'Links', 'Chassis'), read), uuidOf)];
  found.push(lampOf('system', [{ path: systemPath, body: system }], uuidOf));
  const storages = textAt(system, 'Storage', '@odata.id');
  for (const storage of storages === undefined ? [] : members(await read(storages))) {
    const body = await read(storage);
    const drives = await all(linksAt(body, 'Drives'), read);
    found.push(lampOf('disk', drives, (drive) => `${textAt(body, 'Id') ?? storage}:${textAt(drive, 'Id') ?? ''}`));
  }
  return found.flat();
}

interface Resource {
  readonly path: string;
  readonly body: unknown;
}

async function all(paths: readonly string[], read: (path: string) => Promise<unknown>): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (const path of paths) found.push({ path, body: await read(path) });
  return found;
}

const uuidOf = (body: unknown): string => textAt(body, 'UUID') ?? textAt(body, 'Id') ?? '';

function lampOf(
  component: RedfishIndicator['component'],
  resources: readonly Resource[],
  nameOf: (body: unknown) => string,
): readonly RedfishIndicator[] {
  return resources.flatMap(({ path, body }) => {
    const led = textAt(body, 'IndicatorLED');
    const active = booleanAt(body, 'LocationIndicatorActive');
    if (led === undefined && active === undefined) return [];
    const state = led === undefined ? (active === true ? 'on' : 'off') : (states[led] ?? 'unknown');
    const name = nameOf(body);
    return [{ component, name, state, canBlink: led !== undefined, canLocate: active !== undefined, path }];
  });
}

const states: Readonly<Record<string, LampState>> = { Lit: 'on', Off: 'off', Blinking: 'blinking' };
const words: Readonly<Record<LampState, string>> = { on: 'Lit', off: 'Off', blinking: 'Blinking' };

/** One PATCH; a BMC that shows IndicatorLED and does not take it any more is told LocationIndicatorActive. @throws RedfishError */
export async function writeIndicator(
  client: RedfishClient,
  { path, canBlink, canLocate }: RedfishIndicator,
  state: LampState,
  options: CallOptions,
): Promise<void> {
  const locate = () => client.patch(path, { LocationIndicatorActive: state !== 'off' }, options);
  if (!canBlink) return void (await locate());
  try {
    await client.patch(path, { IndicatorLED: words[state] }, options);
  } catch (error) {
    if (!canLocate || !RedfishError.is(error) || error.kind !== 'refused') throw error;
    await locate();
  }
}
