/** `ENOSPC`, `Z_DATA_ERROR` and the like; empty for errors without one. By shape: errors of another realm are no instances of ours. */
export function systemCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

/** True when a file could not be written because its disk, or its owner's share of it, is full. */
export const isDiskFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(error));
