// The page's address says where we are, so that it can be passed on: `#e=118&t=7`.

/** Milliseconds from a change to the address: browsers refuse, or are slowed down, if it changes at each key. */
const PAUSE = 350;

let wanted: string | null = null;

/** What stands in the address now. */
export function inAddress(): URLSearchParams {
  return new URLSearchParams(location.hash.slice(1));
}

/** Has the address say this, soon. */
export function speakOf(parts: URLSearchParams): void {
  if (wanted === null) setTimeout(write, PAUSE);
  wanted = `#${parts}`;
}

/** The reader has changed the address: that counts. */
export function forget(): void {
  if (wanted !== null) wanted = "";
}

function write(): void {
  if (wanted) history.replaceState(null, "", wanted);
  wanted = null;
}
