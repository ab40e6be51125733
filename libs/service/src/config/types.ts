import { Type, type TSchemaOptions, type TUnsafe } from 'typebox';

/**
 * What a field of a configuration schema says besides its type. Everything is optional: environment variable and flag follow from
 * the field's path (`grpc.listen` -> GRPC_LISTEN, --grpc-listen).
 */
export interface FieldOptions extends TSchemaOptions {
  readonly description?: string;
  readonly default?: unknown;
  /** Environment variables, the first that is set wins; `false` for none. */
  readonly env?: string | readonly string[] | false;
  /** Flag without the leading dashes, or several that mean the same; `false` for none. */
  readonly flag?: string | readonly string[] | false;
  /** Never printed; not accepted as a flag, since argv is visible to all users: `--<flag>-file` and `<ENV>_FILE` name a file. */
  readonly secret?: boolean;
}

const milliseconds: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `500ms`, `30s`, `1h30m`; undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (milliseconds[unit ?? ''] ?? 0);
  }
  return total;
}

/** A length of time: written `30s` in env, flags and files, milliseconds in the program. */
export function duration(options: FieldOptions & { readonly default?: string }): TUnsafe<number> {
  return Type.Unsafe<number>({
    ...options,
    type: 'string',
    pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$',
    kind: 'duration',
  });
}

/** An address to listen on: `host:port`, `[v6]:port` or `:port` for every address; what is not one is told with the other problems. */
export function listenAddress(options: FieldOptions & { readonly default?: string }): TUnsafe<string> {
  return Type.Unsafe<string>({ ...options, type: 'string', kind: 'listen' });
}
