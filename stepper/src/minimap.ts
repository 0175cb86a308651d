// The whole run as a strip: how many tasks were ready at each event, and marks for what stands out.

import type { Timeline } from "./timeline.ts";

/** The most that were ready within each of so many stretches of the run. */
function readyBy(timeline: Timeline, stretches: number): number[] {
  const most = new Array<number>(stretches).fill(0);
  let ready = 0;
  for (let index = 0; index < timeline.count; index += 1) {
    const kind = timeline.kind(index);
    if (kind === "Enqueue") ready += 1;
    else if (kind === "Dequeue") ready -= 1;
    const stretch = Math.floor((index / timeline.count) * stretches);
    most[stretch] = Math.max(most[stretch]!, ready);
  }
  return most;
}

/** At the top, where the caption stands, and the marks of where a run ends. */
const CAPTION = 16;

export function drawMinimap(canvas: HTMLCanvasElement, timeline: Timeline): void {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (width === 0) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  if (context === null) return;
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  context.scale(ratio, ratio);
  const stretches = Math.min(width, Math.max(1, timeline.count));
  const ready = readyBy(timeline, stretches);
  const top = Math.max(1, ...ready);
  const step = width / stretches;
  context.fillStyle = colour("--queued");
  ready.forEach((count, stretch) => {
    const tall = (count / top) * (height - CAPTION);
    context.fillRect(stretch * step, height - tall, Math.max(step, 1), tall);
  });
  for (const mark of timeline.marks) {
    const kind = timeline.kind(mark);
    context.fillStyle = colour(kind === "Report" ? "--bad" : kind === "RunEnd" ? "--ink" : "--muted");
    context.fillRect(((mark + 0.5) / timeline.count) * width - 1, 0, 2, kind === "Report" ? height : 6);
  }
}
