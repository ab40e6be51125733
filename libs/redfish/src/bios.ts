import { type RedfishClient } from './client.ts';
import { RedfishError } from './errors.ts';
import { at, booleanAt, listAt, numberAt, textAt } from './json.ts';
import { type CallOptions, members } from './transport.ts';

/** One BIOS attribute: its value in effect, and what the attribute registry (DSP0268) says of it; absent where the BMC does not say. */
export interface BiosAttribute {
  readonly name: string;
  readonly value: unknown;
  /** `Enumeration`, `String`, `Integer`, `Boolean`, `Password`. */
  readonly type: string | undefined;
  readonly allowableValues: readonly string[] | undefined;
  readonly lowerBound: number | undefined;
  readonly upperBound: number | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly readOnly: boolean | undefined;
  readonly resetRequired: boolean | undefined;
  readonly unique: boolean | undefined;
}

/** Reads all attributes with their registry. Three GETs on a BMC that keeps its registry where its name says. @throws RedfishError */
export async function readBios(
  client: RedfishClient,
  path: string,
  options: CallOptions,
): Promise<readonly BiosAttribute[]> {
  const { body } = await client.get(path, options);
  const registry = textAt(body, 'AttributeRegistry');
  const entries = registry === undefined ? [] : await registryEntries(client, registry, options);
  const known = new Map(entries.map((entry) => [textAt(entry, 'AttributeName'), entry]));
  const values = at(body, 'Attributes');
  if (typeof values !== 'object' || values === null) return [];
  return Object.entries(values).map(([name, value]: [string, unknown]) => attribute(name, value, known.get(name)));
}

function attribute(name: string, value: unknown, entry: unknown): BiosAttribute {
  const values = listAt(entry, 'Value').flatMap((item) => textAt(item, 'ValueName') ?? []);
  return {
    name,
    value,
    type: textAt(entry, 'Type'),
    allowableValues: values.length === 0 ? undefined : values,
    lowerBound: numberAt(entry, 'LowerBound'),
    upperBound: numberAt(entry, 'UpperBound'),
    minLength: numberAt(entry, 'MinLength'),
    maxLength: numberAt(entry, 'MaxLength'),
    readOnly: booleanAt(entry, 'ReadOnly'),
    resetRequired: booleanAt(entry, 'ResetRequired'),
    unique: booleanAt(entry, 'IsSystemUniqueProperty'),
  };
}

/** The entries of an attribute registry; none when the BMC names one that it does not have, as some do. */
async function registryEntries(client: RedfishClient, name: string, options: CallOptions): Promise<readonly unknown[]> {
  try {
    const file = await registryFile(client, name, options);
    const locations = listAt(file, 'Location');
    const english = locations.find((location) => /^en/i.test(textAt(location, 'Language') ?? ''));
    const uri = textAt(english ?? locations[0], 'Uri') ?? textAt(english ?? locations[0], 'Uri', 'extref');
    if (uri === undefined) return [];
    return listAt((await client.get(uri, options)).body, 'RegistryEntries', 'Attributes');
  } catch (error) {
    if (RedfishError.is(error) && error.status === 404) return [];
    throw error;
  }
}

const registriesPath = '/redfish/v1/Registries';

async function registryFile(client: RedfishClient, name: string, options: CallOptions): Promise<unknown> {
  try {
    return (await client.get(`${registriesPath}/${encodeURIComponent(name)}`, options)).body;
  } catch (error) {
    if (!RedfishError.is(error) || error.status !== 404) throw error;
  }
  // Some BMCs file it under another id: without the version, or with another spelling.
  for (const path of members((await client.get(registriesPath, options)).body)) {
    if (!/bios|attribute/i.test(path)) continue;
    const { body } = await client.get(path, options);
    if (textAt(body, 'Registry') === name || textAt(body, 'Id') === name) return body;
  }
  return undefined;
}
