// What is under the pointer, or has the focus, is lit in every panel.

let lit: string | null = null;

export function light(id: string | null): void {
  lit = id;
  for (const element of document.querySelectorAll("[data-lit]")) {
    if (element.getAttribute("data-id") !== id) element.removeAttribute("data-lit");
  }
  if (id === null) return;
  for (const element of document.querySelectorAll(`[data-id="${CSS.escape(id)}"]:not([data-lit])`))
    element.setAttribute("data-lit", "");
}

/** After a step, what is lit may stand elsewhere. */
export function lightAgain(): void {
  if (lit !== null) light(lit);
}
