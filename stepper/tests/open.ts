// Pages in a browser, for the tests.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { after, before } from "node:test";

import { type Browser, chromium, type Page } from "playwright-core";

import { folder } from "./load.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

let browser: Browser;
before(async () => {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing: CHROMIUM names the browser`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});
after(() => browser.close());

export interface Window {
  width?: number;
  height?: number;
  locale?: string;
  /** Whether the page may use the clipboard. */
  clipboard?: boolean;
  /** Whether its reader wants things to move. */
  motion?: boolean;
}

/** Opens a page, gives it to `act`, and sees that nothing was complained of and nobody was asked for anything. */
export async function open(
  name: string,
  act: (page: Page) => Promise<void>,
  hash = "",
  { width = 1280, height = 800, locale = "en-US", clipboard = true, motion = false }: Window = {},
): Promise<void> {
  const context = await browser.newContext({
    viewport: { width, height },
    locale,
    reducedMotion: motion ? "no-preference" : "reduce",
    permissions: clipboard ? ["clipboard-read", "clipboard-write"] : [],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(`file://${resolve(folder, name)}${hash}`);
  await page.locator("#narration, .chooser").waitFor();
  await act(page);
  assert.deepEqual(complaints, [], name);
  await context.close();
}

export const seq = async (page: Page) => Number(await page.locator("#seq").inputValue());
export const said = (page: Page) => page.locator(".sentence").innerText();
export const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
export const lastSeq = async (page: Page) =>
  Number(/\d[\d,]*/.exec(await page.locator(".position span").innerText())![0].replaceAll(",", ""));

/** Presses a key so many times within one moment: the page is not shown in between. */
export const pressAtOnce = (page: Page, key: string, times: number) =>
  page.evaluate(
    ([key, times]) => {
      for (let time = 0; time < times; time += 1) document.dispatchEvent(new KeyboardEvent("keydown", { key }));
    },
    [key, times] as const,
  );

/** Waits until what was drawn has been shown. */
export const shownOnce = (page: Page) =>
  page.evaluate(() => new Promise<number>((done) => requestAnimationFrame(() => requestAnimationFrame(done))));

/** All that the panels show, but for the listing: of that, files seen before are kept out of sight. */
export const shownBy = (page: Page) =>
  page.evaluate(() => {
    const told = (element: Element): string => {
      const attributes = [...element.attributes].map(({ name, value }) => `${name}=${value}`).sort();
      const inside = [...element.childNodes].map((child) =>
        child instanceof Element ? told(child) : (child.nodeValue ?? ""),
      );
      return `<${element.tagName} ${attributes.join(" ")}>${inside.join("")}`;
    };
    const panels = [...document.querySelectorAll("header, nav, .narration, .panel:not(#source)")];
    return panels.map((panel) => told(panel));
  });

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  impact: string;
  nodes: Array<{ html: string }>;
}

/** What axe finds that is not minor. */
export async function findings(page: Page): Promise<string[]> {
  // The page's policy lets no script in; the debugger's own world has none.
  const session = await page.context().newCDPSession(page);
  const { frameTree } = await session.send("Page.getFrameTree");
  const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", {
    frameId: frameTree.frame.id,
  });
  await session.send("Runtime.evaluate", { contextId, expression: `${axe}; undefined` });
  const { result } = await session.send("Runtime.evaluate", {
    contextId,
    awaitPromise: true,
    returnByValue: true,
    expression: "axe.run().then((result) => JSON.stringify(result.violations))",
  });
  const violations = JSON.parse(String(result.value)) as Finding[];
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical" || impact === "moderate")
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
}
