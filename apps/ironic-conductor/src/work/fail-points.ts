/** Ends the process at a named instant, for tests of crash safety; does nothing unless such a test switched it on. */
export type FailPoint = (name: string) => void;

export const noFailPoints: FailPoint = () => {};

/** Moments of an effect, in order; a fail point is named `<work>.<effect>.<moment>`, and `<work>.released`, `<work>.ended` beside them. */
export const effectMoments = ['intending', 'intended', 'performed', 'settled'] as const;

/**
 * @param wanted name of the point, optionally `name#3` for its third occurrence
 * @param die ends the process at once, without any clean-up
 */
export function failPoint(wanted: string, die: () => void): FailPoint {
  const [name = '', count = '1'] = wanted.split('#');
  let left = Number(count);
  return (reached) => {
    if (reached !== name) return;
    left -= 1;
    if (left === 0) die();
  };
}
