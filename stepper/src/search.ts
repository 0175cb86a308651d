// Looking things up in what is sorted.

/** Of what grows: the last index whose value is at most `limit`; -1 if there is none. */
export function lastAtMost(length: number, value: (index: number) => number, limit: number): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
