// What a step costs, and that nothing of the steps before is left on the page.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { open } from "./open.ts";

/** Presses a key so many times within one moment: the page is not shown in between. */
const pressAtOnce = (page: Page, key: string, times: number) =>
  page.evaluate(
    ([key, times]) => {
      for (let time = 0; time < times; time += 1) document.dispatchEvent(new KeyboardEvent("keydown", { key }));
    },
    [key, times] as const,
  );

test("steps of one moment lay the page out once", async () => {
  await open(
    "busy_loop.html",
    async (page) => {
      const session = await page.context().newCDPSession(page);
      await session.send("Performance.enable");
      const layouts = async () => {
        const { metrics } = await session.send("Performance.getMetrics");
        return metrics.find(({ name }) => name === "LayoutCount")!.value;
      };
      const shown = () =>
        page.evaluate(() => new Promise<number>((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      for (const key of ["ArrowLeft", "ArrowRight"]) {
        await shown();
        const before = await layouts();
        await pressAtOnce(page, key, 50);
        await shown();
        const count = (await layouts()) - before;
        assert.ok(count >= 1 && count <= 5, `${key}: laid out ${count} times`);
      }
    },
    "#e=3000",
  );
});

/** All that the panels show, but for the listing: of that, files seen before are kept out of sight. */
const shownBy = (page: Page) =>
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

test("a page that was stepped through shows what one shows that was opened there", async () => {
  for (const name of ["queue.html", "gather.html", "dining_tasks.html", "fetch_posts.html"]) {
    let [address, shown]: [string, string[]] = ["", []];
    await open(name, async (page) => {
      await pressAtOnce(page, "ArrowRight", 60);
      await page.keyboard.press("k");
      await pressAtOnce(page, "ArrowLeft", 25);
      await page.locator("#tasks tbody tr").first().locator("button").click();
      await pressAtOnce(page, "ArrowRight", 17);
      await page.mouse.move(0, 0);
      await page.evaluate(() => (document.activeElement as HTMLElement).blur());
      await page.waitForFunction(() => /t=/.test(location.hash) && document.querySelector("[data-lit]") === null);
      const seq = await page.locator("#seq").inputValue();
      await page.waitForFunction((seq) => new URLSearchParams(location.hash.slice(1)).get("e") === seq, seq);
      [address, shown] = [new URL(page.url()).hash, await shownBy(page)];
    });
    await open(
      name,
      async (page) => {
        await page.mouse.move(0, 0);
        assert.deepEqual(await shownBy(page), shown, `${name}${address}`);
      },
      address,
    );
  }
});
