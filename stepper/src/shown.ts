// What has to measure the page waits until it is about to be shown. By then all steps of that moment are drawn, and the
// page is laid out once for all of them, as it would be anyway.

const waiting = new Map<string, () => void>();

/** Does something right before the page is shown next; once for each name, and the last of them counts. */
export function beforeShown(name: string, act: () => void): void {
  if (waiting.size === 0) requestAnimationFrame(settle);
  waiting.set(name, act);
}

function settle(): void {
  const acts = [...waiting.values()];
  waiting.clear();
  for (const act of acts) act();
}
