// The timers as asyncio keeps them: in a binary heap, where whoever is above is due no later than those below.

import { h, type VNode } from "../dom.ts";
import { say, ui } from "../messages.ts";
import type { Timer } from "../model/state.ts";
import { moment } from "../words.ts";
import { swatch } from "./parts.ts";

/** Five levels: more would not be legible. */
const SHOWN = 31;
const WIDTH = 512;
const ROW = 38;

type Armed = [number, Timer];

/** Pushes them one after the other, in the order in which they were armed: each rises until its parent is sooner. */
export function heapOf(armed: readonly Armed[]): Armed[] {
  const heap: Armed[] = [];
  for (const timer of armed) {
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isSooner(timer, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      heap[parent] = timer;
      at = parent;
    }
  }
  return heap;
}

function isSooner([id, { deadline }]: Armed, [otherId, other]: Armed): boolean {
  return deadline < other.deadline || (deadline === other.deadline && id < otherId);
}

export function heapDrawing(armed: readonly Armed[]): VNode {
  const heap = heapOf(armed).slice(0, SHOWN);
  const levels = Math.max(1, Math.ceil(Math.log2(heap.length + 1)));
  const place = (index: number) => {
    const level = Math.floor(Math.log2(index + 1));
    const slots = 2 ** level;
    return { x: ((index + 1 - slots + 0.5) / slots) * WIDTH, y: 15 + level * ROW };
  };
  const edges = heap.slice(1).map(([id], below) => {
    const [child, parent] = [place(below + 1), place(below >> 1)];
    return h("path", { key: `edge-${id}`, class: "edge", d: `M${parent.x} ${parent.y}L${child.x} ${child.y}` });
  });
  const nodes = heap.map(([id, timer], index) => {
    const { x, y } = place(index);
    return h(
      "g",
      { key: `timer-${id}`, transform: `translate(${x} ${y})`, "data-id": `timer-${id}` },
      h("title", {}, `${say.timer(id, null)}, ${moment(timer.deadline)}`),
      h("circle", { r: 11, class: "node", style: swatch(timer.task), "data-id": `timer-${id}` }),
      h("text", { y: 4, class: "number" }, String(id)),
    );
  });
  const label = heap.map(([id, { deadline }]) => `${say.timer(id, null)}: ${moment(deadline)}`).join(", ");
  const attributes = {
    key: "heap",
    class: "heap",
    viewBox: `0 0 ${WIDTH} ${levels * ROW - 8}`,
    role: "img",
    "aria-label": label === "" ? ui.wheelEmpty : label,
  };
  return h("svg", attributes, ...edges, ...nodes);
}
