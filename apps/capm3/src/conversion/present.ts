type Present<Fields> = { [Field in keyof Fields as undefined extends Fields[Field] ? never : Field]: Fields[Field] } & {
  [Field in keyof Fields as undefined extends Fields[Field] ? Field : never]?: Exclude<Fields[Field], undefined>;
};

/** The object without its undefined fields: what is absent in one version must be absent, not null, in the other. */
export function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>;
}

/** An empty string of the old version means "not set"; the new one refuses it. */
export function unlessEmpty<Text extends string>(text: Text | undefined): Text | undefined {
  return text === undefined || text.length === 0 ? undefined : text;
}
