/** Objects of a cache do not change: what has been read of one is kept for as long as the object is. */
export function readOnce<From extends object, To>(read: (from: From) => To): (from: From) => To {
  const known = new WeakMap<From, To>();
  return (from) => {
    const before = known.get(from);
    if (before !== undefined) return before;
    const now = read(from);
    known.set(from, now);
    return now;
  };
}
