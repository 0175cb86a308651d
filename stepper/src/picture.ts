// A panel as an SVG file that stands for itself: what the browser has laid out, as boxes, texts and shapes.

/** So wide is every picture, whatever the window. */
const WIDTH = 640;
/** Of a source text, so many lines around the one that matters. */
const LINES = 12;

/** The panel as SVG: all that is in it, not only what is in sight. */
export function pictureOf(panel: Element, caption: string): string {
  const stage = document.createElement("div");
  stage.className = "stage-of-picture";
  stage.style.setProperty("width", `${WIDTH}px`);
  const copy = panel.cloneNode(true) as HTMLElement;
  for (const tools of copy.querySelectorAll(".tools, .away")) tools.remove();
  nearLines(copy);
  stage.append(copy);
  document.body.append(stage);
  try {
    const { left, top, height } = copy.getBoundingClientRect();
    const parts: string[] = [];
    draw(copy, { left, top }, parts);
    const size = `width="${WIDTH}" height="${number(height)}" viewBox="0 0 ${WIDTH} ${number(height)}"`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size}>`,
      `<title>${escaped(caption)}</title>`,
      ...parts,
      "</svg>\n",
    ].join("\n");
  } finally {
    stage.remove();
  }
}

function nearLines(copy: Element): void {
  const lines = [...copy.querySelectorAll(".code:not(.away) li")];
  const at = lines.findIndex((line) => line.classList.contains("at"));
  if (lines.length <= 2 * LINES) return;
  lines.forEach((line, index) => {
    if (Math.abs(index - Math.max(at, LINES)) > LINES) line.remove();
  });
}

interface Origin {
  left: number;
  top: number;
}

function draw(element: Element, origin: Origin, parts: string[]): void {
  const style = getComputedStyle(element);
  if (style.display === "none" || style.visibility === "hidden") return;
  if (element instanceof SVGSVGElement) {
    parts.push(drawing(element, origin));
    return;
  }
  box(element, style, origin, parts);
  for (const child of element.childNodes) {
    if (child instanceof Element) draw(child, origin, parts);
    else if (child instanceof Text) words(child, style, origin, parts);
  }
}

function box(element: Element, style: CSSStyleDeclaration, origin: Origin, parts: string[]): void {
  const { left, top, width, height } = element.getBoundingClientRect();
  if (width === 0 || height === 0) return;
  const fill = seen(style.backgroundColor);
  const thick = (side: string) => parseFloat(style.getPropertyValue(`border-${side}-width`)) || 0;
  const [line, start] = [thick("top"), thick("left")];
  const stroke = line > 0 ? seen(style.borderTopColor) : null;
  const at = (dx: number, dy: number) => `x="${number(left - origin.left + dx)}" y="${number(top - origin.top + dy)}"`;
  const isWhole = line > 0 && thick("bottom") > 0;
  if (fill !== null || (stroke !== null && isWhole)) {
    const inset = isWhole ? line / 2 : 0;
    const size = `width="${number(width - 2 * inset)}" height="${number(height - 2 * inset)}"`;
    const dashes = style.borderTopStyle === "dashed" ? ' stroke-dasharray="4 3"' : "";
    const border = stroke !== null && isWhole ? ` stroke="${stroke}" stroke-width="${line}"${dashes}` : "";
    const round = parseFloat(style.borderTopLeftRadius) || 0;
    parts.push(`<rect ${at(inset, inset)} ${size} rx="${number(round)}" fill="${fill ?? "none"}"${border}/>`);
  }
  // A line above, as between rows; and a thick edge, as of a task.
  if (stroke !== null && !isWhole) {
    parts.push(`<rect ${at(0, 0)} width="${number(width)}" height="${line}" fill="${stroke}"/>`);
  }
  const edge = start > line ? seen(style.borderLeftColor) : null;
  if (edge !== null) parts.push(`<rect ${at(0, 0)} width="${start}" height="${number(height)}" fill="${edge}"/>`);
}

/** A text node, line by line as it was broken. */
function words(node: Text, style: CSSStyleDeclaration, origin: Origin, parts: string[]): void {
  const range = document.createRange();
  const lines: Array<{ text: string; left: number; right: number; top: number; bottom: number }> = [];
  for (const word of node.data.matchAll(/\s*\S+/g)) {
    const skipped = word[0].length - word[0].trimStart().length;
    range.setStart(node, word.index + skipped);
    range.setEnd(node, word.index + word[0].length);
    const place = range.getBoundingClientRect();
    if (place.width === 0) continue;
    const last = lines.at(-1);
    if (last !== undefined && Math.abs(last.top - place.top) < 2) {
      last.text += word[0];
      last.right = place.right;
    } else {
      lines.push({
        text: word[0].trimStart(),
        left: place.left,
        right: place.right,
        top: place.top,
        bottom: place.bottom,
      });
    }
  }
  const struck = node.parentElement?.closest("del, .ghost") ? ' text-decoration="line-through"' : "";
  for (const { text, left, right, top, bottom } of lines) {
    const baseline = bottom - (bottom - top) * 0.22;
    const at = `x="${number(left - origin.left)}" y="${number(baseline - origin.top)}"`;
    const length = `textLength="${number(right - left)}" lengthAdjust="spacingAndGlyphs"`;
    parts.push(
      `<text ${at} ${length} ${lettering(style)} fill="${seen(style.color) ?? "none"}"${struck}>${escaped(text)}</text>`,
    );
  }
}

function lettering(style: CSSStyleDeclaration): string {
  const slant = style.fontStyle === "italic" ? ' font-style="italic"' : "";
  const family = /mono/i.test(style.fontFamily) ? "monospace" : "sans-serif";
  return `font-family="${family}" font-size="${number(parseFloat(style.fontSize))}" font-weight="${style.fontWeight}"${slant} xml:space="preserve"`;
}

const KEPT = ["x", "y", "width", "height", "rx", "cx", "cy", "r", "d", "transform", "viewBox"];
const LOOKS = ["fill", "stroke", "stroke-width", "opacity"];

/** A drawing within the panel: the same shapes, with the looks that the style sheet gives them. */
function drawing(svg: SVGSVGElement, origin: Origin): string {
  const { left, top, width, height } = svg.getBoundingClientRect();
  const at = `x="${number(left - origin.left)}" y="${number(top - origin.top)}"`;
  const size = `width="${number(width)}" height="${number(height)}" viewBox="${svg.getAttribute("viewBox") ?? ""}"`;
  return `<svg ${at} ${size}>${[...svg.children].map(shape).join("")}</svg>`;
}

function shape(element: Element): string {
  const { localName: tag } = element;
  if (tag === "title") return `<title>${escaped(element.textContent ?? "")}</title>`;
  const style = getComputedStyle(element);
  const kept = KEPT.flatMap((name) => {
    const value = element.getAttribute(name);
    return value === null ? [] : [`${name}="${escaped(value)}"`];
  });
  const looks = tag === "g" ? [] : LOOKS.map((name) => `${name}="${style.getPropertyValue(name)}"`);
  const type = tag === "text" || tag === "tspan" ? `${lettering(style)} text-anchor="${style.textAnchor}"` : "";
  const inside = [...element.childNodes].map((child) =>
    child instanceof Element ? shape(child) : escaped(child.textContent ?? ""),
  );
  return `<${[tag, ...kept, ...looks, type].filter(Boolean).join(" ")}>${inside.join("")}</${tag}>`;
}

/** A colour, unless nothing is to be seen of it. */
function seen(colour: string): string | null {
  return /^transparent$|^rgba\(.*, 0\)$|\/ 0\)$/.test(colour) ? null : colour;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escaped(text: string): string {
  return text
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f]/g, "�")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
