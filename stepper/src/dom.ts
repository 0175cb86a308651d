// A page as a function of what it shows: `h` describes an element, `render` makes the document like the description
// and leaves alone what is so already. So focus, scrolling and running transitions outlive a step.
//
// Texts only ever become text nodes, whatever is in them.

export type Handler = (event: Event) => unknown;
export type Attribute = string | number | boolean | null | undefined | Handler | Record<string, string>;
export type Child = Node_ | string;

interface Node_ {
  tag: string;
  key: string | null;
  attributes: Record<string, Attribute>;
  children: Child[];
}
export type { Node_ as VNode };

/** An element; `null`s among the children are left out. */
export function h(
  tag: string,
  attributes: Record<string, Attribute> = {},
  ...children: Array<Child | null | Array<Child | null>>
): Node_ {
  const { key, ...rest } = attributes;
  const all = children.flat().filter((child): child is Child => child !== null);
  return { tag, key: key === undefined || key === null ? null : String(key), attributes: rest, children: all };
}

const SVG = "http://www.w3.org/2000/svg";
const keys = new WeakMap<Node, string>();
const given = new WeakMap<Element, Record<string, Attribute>>();

export function render(parent: Element, children: Child[]): void {
  const left = [...parent.childNodes];
  const byKey = new Map<string, ChildNode>();
  for (const node of left) if (keys.has(node)) byKey.set(keys.get(node)!, node);
  const used = new Set<ChildNode>();
  let place = parent.firstChild;
  for (const child of children) {
    const node = reused(child, left, byKey, used) ?? created(child, parent);
    used.add(node);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
    if (typeof child === "string") {
      if (node.nodeValue !== child) node.nodeValue = child;
    } else {
      update(node as Element, child);
    }
  }
  for (const node of left) if (!used.has(node)) node.remove();
}

function reused(
  child: Child,
  left: ChildNode[],
  byKey: Map<string, ChildNode>,
  used: Set<ChildNode>,
): ChildNode | undefined {
  const fits = (node: ChildNode | undefined): node is ChildNode => {
    if (node === undefined || used.has(node)) return false;
    return typeof child === "string"
      ? node.nodeType === Node.TEXT_NODE
      : node.nodeName.toLowerCase() === child.tag.toLowerCase();
  };
  if (typeof child !== "string" && child.key !== null) {
    const node = byKey.get(child.key);
    return fits(node) ? node : undefined;
  }
  return left.find((node) => !keys.has(node) && fits(node));
}

function created(child: Child, parent: Element): ChildNode {
  if (typeof child === "string") return document.createTextNode(child);
  const isSvg = child.tag === "svg" || (parent.namespaceURI === SVG && parent.tagName !== "foreignObject");
  const element = isSvg ? document.createElementNS(SVG, child.tag) : document.createElement(child.tag);
  if (child.key !== null) keys.set(element, child.key);
  return element;
}

function update(element: Element, { attributes, children }: Node_): void {
  const before = given.get(element) ?? {};
  for (const name of Object.keys(before)) if (!(name in attributes)) set(element, name, null);
  for (const [name, value] of Object.entries(attributes)) if (before[name] !== value) set(element, name, value);
  given.set(element, attributes);
  // An element that looks after its own content.
  if (!("own" in attributes)) render(element, children);
}

function set(element: Element, name: string, value: Attribute): void {
  if (name === "own") return;
  if (name.startsWith("on")) {
    // What a handler returns means nothing: `false` would cancel what the browser does by itself.
    Reflect.set(element, name, typeof value === "function" ? (event: Event) => void value(event) : null);
  } else if (name === "style") {
    const { style } = element as HTMLElement;
    style.cssText = "";
    // Not as an attribute: the page's policy forbids that.
    for (const [property, part] of Object.entries((value ?? {}) as Record<string, string>))
      style.setProperty(property, part);
  } else if (name === "value" && "value" in element) {
    if (element !== document.activeElement || (element instanceof HTMLInputElement && element.type === "range"))
      element.value = String(value ?? "");
  } else if (name === "checked" && element instanceof HTMLInputElement) {
    element.checked = value === true;
  } else if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? "" : String(value));
  }
}
