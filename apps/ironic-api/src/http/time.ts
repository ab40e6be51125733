/** A point in time as the API writes it: ISO 8601, microseconds, explicit UTC offset. Go clients parse it as RFC 3339. */
export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('Z', '000+00:00');

export const isoTimeOrNull = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : isoTime(milliseconds);
