// Whether the window has room for one column only. Asked once and then told: to ask at each step costs a layout.

const query = globalThis.matchMedia?.("(max-width: 719px)");

export let isNarrow = query?.matches ?? false;

/** Calls back whenever that changes. */
export function onNarrow(act: () => void): void {
  query?.addEventListener("change", ({ matches }) => {
    isNarrow = matches;
    act();
  });
}
