/** Nanoseconds of the units of Go's time.ParseDuration; both signs of "micro" are in use. */
const nanoseconds: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};
const whole = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/;
const parts = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/** Whole seconds of a duration as Go reads it (`10m`, `1h0m0.5s`), the fraction cut off; undefined when the text is none. */
export function goDurationSeconds(text: string): number | undefined {
  if (text === '0') return 0;
  if (!whole.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(parts)) total += Number(amount) * (nanoseconds[unit ?? ''] ?? 0);
  return Math.trunc(total / 1e9) * (text.startsWith('-') ? -1 : 1);
}

/** Seconds as Go writes them: `10m0s`, `1h0m5s`, `45s`. */
export function goDuration(seconds: number): string {
  const size = Math.abs(seconds);
  const hours = Math.floor(size / 3_600);
  const minutes = Math.floor(size / 60) % 60;
  const text = `${hours > 0 ? `${hours}h` : ''}${size >= 60 ? `${minutes}m` : ''}${size % 60}s`;
  return seconds < 0 ? `-${text}` : text;
}
