// Motion that means something: what is the same thing glides from its former place, and a wake travels from what
// caused it to the run queue. Whoever wants no motion gets none.

import { beforeShown } from "./shown.ts";

const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");
const still = () => calm?.matches ?? true;

type Places = Map<string, DOMRect>;

/** Where everything was when the page was shown last; `null` if nothing is about to move. */
let left: Places | null = null;

/** Before a step: everything leaves from where it is seen now. */
export function leave(): void {
  if (!still()) left ??= places();
}

/** After a step: everything glides to where it will be. */
export function arrive(): void {
  if (left === null) return;
  beforeShown("glide", () => {
    if (left !== null) glide(left);
    left = null;
  });
}

/** Where everything is that can move. */
function places(): Places {
  const found: Places = new Map();
  for (const element of document.querySelectorAll("[data-flip]")) {
    found.set(element.getAttribute("data-flip")!, element.getBoundingClientRect());
  }
  return found;
}

/** Lets everything that has moved glide to where it is now. */
function glide(before: Places): void {
  for (const element of document.querySelectorAll("[data-flip]")) {
    const from = before.get(element.getAttribute("data-flip")!);
    const to = element.getBoundingClientRect();
    if (from === undefined) {
      element.animate([{ opacity: 0 }, { opacity: 1 }], { duration: 180 });
      continue;
    }
    const [x, y] = [from.left - to.left, from.top - to.top];
    if (Math.abs(x) + Math.abs(y) < 2) continue;
    // In a drawing, lengths are in its own units.
    const scale = element instanceof SVGGraphicsElement ? (element.getScreenCTM()?.a ?? 1) : 1;
    const away = `translate(${x / scale}px, ${y / scale}px)`;
    element.animate([{ transform: away }, { transform: "none" }], {
      duration: 260,
      easing: "cubic-bezier(.2,.7,.3,1)",
    });
  }
}

/** A ticket that flies from one element to another. */
export function fly(from: Element | null, to: Element | null, text: string): void {
  if (still() || from === null || to === null) return;
  const [start, end] = [from.getBoundingClientRect(), to.getBoundingClientRect()];
  if (start.width === 0 || end.width === 0) return;
  const ticket = document.createElement("div");
  ticket.className = "ticket";
  ticket.textContent = text;
  ticket.setAttribute("aria-hidden", "true");
  document.body.append(ticket);
  const at = (box: DOMRect) =>
    `translate(${box.left + box.width / 2}px, ${box.top + box.height / 2}px) translate(-50%, -50%)`;
  const flight = ticket.animate(
    [
      { transform: at(start), opacity: 0 },
      { transform: at(start), opacity: 1, offset: 0.15 },
      { transform: at(end), opacity: 1, offset: 0.85 },
      { transform: at(end), opacity: 0 },
    ],
    { duration: 650, easing: "ease-in-out" },
  );
  flight.onfinish = () => ticket.remove();
  flight.oncancel = () => ticket.remove();
}
