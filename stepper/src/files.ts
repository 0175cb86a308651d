// Recordings out of files: `.glt`, and pages such as this one.

import { fromBase64, TraceError } from "./bytes.ts";
import { runs } from "./decode.ts";
import { ui } from "./messages.ts";
import { Timeline } from "./timeline.ts";

/** The bytes of a recording, out of whatever kind of file was chosen. */
export async function recordingOf(file: File): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] !== "<".charCodeAt(0)) return bytes;
  const page = new TextDecoder().decode(bytes);
  const [, encoded] = / id="trace">([A-Za-z0-9+/=\s]*)<\/script>/.exec(page) ?? [];
  if (encoded === undefined) throw new TraceError(() => ui.compareKinds);
  return fromBase64(encoded);
}

/** The loops in a recording in which anything happened. */
export function timelinesOf(bytes: Uint8Array): Timeline[] {
  const all = runs(bytes).map((run) => new Timeline(run));
  const readable = all.filter((timeline) => timeline.count > 0);
  if (readable.length === 0) throw new TraceError(all[0]?.problem ?? (() => ui.noEvents));
  return readable;
}
