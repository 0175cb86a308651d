// What moves, and that it leaves no trace: a page shows the same whether its reader wants motion or not.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { open, pressAtOnce, seq, shownBy, shownOnce } from "./open.ts";

const NAMES = ["queue.html", "gather.html", "dining_tasks.html"];

const tickets = (page: Page) => page.locator(".ticket").count();
const moving = (page: Page) => page.evaluate(() => document.getAnimations().length);
const still = (page: Page) =>
  page.waitForFunction(() => document.getAnimations().length === 0 && document.querySelector(".ticket") === null);

/** Steps forwards, each step shown, until `sees`; how many steps that took. */
async function stepUntil(page: Page, sees: () => Promise<boolean>): Promise<number> {
  for (let steps = 1; steps <= 300; steps += 1) {
    await page.keyboard.press("ArrowRight");
    await shownOnce(page);
    if (await sees()) return steps;
  }
  return assert.fail("it was never seen");
}

test("a wake travels, what stays glides, and then nothing of it is left", async () => {
  await open(
    "queue.html",
    async (page) => {
      await stepUntil(page, async () => (await tickets(page)) === 1);
      const flying = page.locator(".ticket");
      assert.equal(await flying.getAttribute("aria-hidden"), "true");
      assert.match(await flying.innerText(), /^wakes /);
      assert.match(await page.locator("#narration").innerText(), /wakes/i);
      await still(page);
      await stepUntil(page, async () => (await moving(page)) > 0 && (await tickets(page)) === 0);
      await still(page);
    },
    "",
    { motion: true },
  );
});

test("with motion a page shows in the end what it shows without", async () => {
  for (const name of NAMES) {
    const shown: string[][] = [];
    for (const motion of [true, false]) {
      await open(
        name,
        async (page) => {
          // At once, one after the other while things still move, and back.
          await pressAtOnce(page, "ArrowRight", 40);
          for (let step = 0; step < 30; step += 1) await page.keyboard.press("ArrowRight");
          for (let step = 0; step < 5; step += 1) await page.keyboard.press("ArrowLeft");
          await still(page);
          assert.equal(await seq(page), 66, name);
          await page.waitForFunction(() => document.querySelector("[data-lit]") === null);
          shown.push(await shownBy(page));
        },
        "",
        { motion },
      );
    }
    assert.deepEqual(shown[0], shown[1], name);
  }
});

test("whoever wants no motion gets none", async () => {
  await open("queue.html", async (page) => {
    for (let step = 0; step < 100; step += 1) {
      await page.keyboard.press("ArrowRight");
      assert.equal(await moving(page), 0, `step ${step}`);
      assert.equal(await tickets(page), 0, `step ${step}`);
    }
  });
});
