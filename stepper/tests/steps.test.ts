// What a step costs, and that nothing of the steps before is left on the page.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open, pressAtOnce, shownBy, shownOnce } from "./open.ts";

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
      for (const key of ["ArrowLeft", "ArrowRight"]) {
        await shownOnce(page);
        const before = await layouts();
        await pressAtOnce(page, key, 50);
        await shownOnce(page);
        const count = (await layouts()) - before;
        assert.ok(count >= 1 && count <= 5, `${key}: laid out ${count} times`);
      }
    },
    "#e=3000",
  );
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
