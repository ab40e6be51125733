import { type RedfishClient } from './client.ts';
import { readIfThere } from './if-there.ts';
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

const registriesPath = '/redfish/v1/Registries';

/**
 * The entries of an attribute registry; none when the BMC names one that it does not have, as some do. It is filed under its name, or under another
 * id: without the version, with another spelling, or so that only the registry itself has the name.
 */
async function registryEntries(client: RedfishClient, name: string, options: CallOptions): Promise<readonly unknown[]> {
  const named = await readIfThere(client, `${registriesPath}/${encodeURIComponent(name)}`, options);
  if (named !== undefined) return entriesOf(await contentOf(client, named, options));
  const files = members(await readIfThere(client, registriesPath, options));
  for (const path of files.filter((each) => /bios|attribute/i.test(each))) {
    const file = await readIfThere(client, path, options);
    const content = await contentOf(client, file, options);
    const names = [textAt(file, 'Registry'), textAt(file, 'Id'), textAt(content, 'Id')];
    if (names.includes(name)) return entriesOf(content);
  }
  return [];
}

const entriesOf = (registry: unknown): readonly unknown[] => listAt(registry, 'RegistryEntries', 'Attributes');

/** The registry that a file of registries leads to, in English where there is a choice. */
async function contentOf(client: RedfishClient, file: unknown, options: CallOptions): Promise<unknown> {
  const locations = listAt(file, 'Location');
  const english = locations.find((location) => /^en/i.test(textAt(location, 'Language') ?? ''));
  const uri = textAt(english ?? locations[0], 'Uri') ?? textAt(english ?? locations[0], 'Uri', 'extref');
  return uri === undefined ? undefined : readIfThere(client, uri, options);
}
