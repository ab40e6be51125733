/** Which unique rule of which table an insert or update broke; undefined when the error is another one. */
export function brokenUniqueRule(error: unknown): { readonly table: string; readonly column: string } | undefined {
  const { code, errcode, message, constraint, table } = error as {
    code?: string;
    errcode?: number;
    message?: string;
    constraint?: string;
    table?: string;
  };
  // SQLite names the columns: "UNIQUE constraint failed: node.name".
  if (errcode === 2067 || errcode === 1555) {
    const found = /UNIQUE constraint failed: (\w+)\.(\w+)/.exec(message ?? '');
    if (found?.[1] !== undefined && found[2] !== undefined) return { table: found[1], column: found[2] };
  }
  // PostgreSQL names the constraint, which the migrations call <table>_<column>_key.
  if (code === '23505' && table !== undefined && constraint !== undefined) {
    return { table, column: constraint.slice(table.length + 1).replace(/_key$/, '') };
  }
  return undefined;
}
