// What is to be seen without scrolling, and where: at the size of a laptop's window and of a phone's.

import assert from "node:assert/strict";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { open, seq, shownOnce } from "./open.ts";

const PHONE = { width: 360, height: 740 };

interface Box {
  top: number;
  bottom: number;
  left: number;
  right: number;
}

// What is in sight is settled right before the page is shown, so it is asked for after that.

async function box(page: Page, selector: string): Promise<Box> {
  await shownOnce(page);
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { top, bottom, left, right } = element.getBoundingClientRect();
      return { top, bottom, left, right };
    });
}

/** Whether all of it is within the part of its panel that is in sight, from top to bottom. */
async function isInSight(page: Page, selector: string): Promise<boolean> {
  await shownOnce(page);
  return page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const body = element.closest(".body")!.getBoundingClientRect();
      const { top, bottom } = element.getBoundingClientRect();
      return top >= body.top - 1 && bottom <= body.bottom + 1;
    });
}

test("the first event of a phone names what a finger can press, and no keys", async () => {
  for (const [language, others] of [
    ["en", /press|\?/i],
    ["ko", /키|\?/],
  ] as const) {
    await open(
      "queue.html",
      async (page) => {
        const start = await page.locator(".start").innerText();
        assert.doesNotMatch(start, others);
        for (const button of ["→", "☰"]) {
          assert.ok(start.includes(button), start);
          assert.ok(await page.getByText(button, { exact: true }).isVisible(), button);
        }
        await page.locator("button.fold").click();
        assert.ok(await page.locator("header").getByText("?", { exact: true }).isVisible());
      },
      `#l=${language}`,
      PHONE,
    );
  }
});

test("the first event shows the program, and says how to go on", async () => {
  await open("queue.html", async (page) => {
    assert.match(await page.locator("#source li.at").innerText(), /run/);
    assert.match(await page.locator(".start").innerText(), /^Press → to see what comes next/);
    assert.equal(await page.locator("#transcript .coming").count(), 5);
    assert.ok(await isInSight(page, "#transcript .current"));
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator(".start").count(), 0);
  });
});

test("no panel lies over another, and none leaves the window", async () => {
  for (const [name, hash] of [
    ["dining_tasks.html", "#e=60"],
    ["echo.html", "#e=70"],
    ["cascade.html", "#e=24"],
  ] as const) {
    const act = async (page: Page) => {
      for (const level of ["full", "beginner"]) {
        const boxes = await page.locator(".panel").evaluateAll((panels) =>
          panels.map((panel) => {
            const { top, bottom, left, right } = panel.getBoundingClientRect();
            return { id: panel.id, top, bottom, left, right };
          }),
        );
        for (const [at, one] of boxes.entries()) {
          assert.ok(one.bottom <= 800 && one.right <= 1280, `${name}, ${level}: ${one.id}`);
          for (const other of boxes.slice(at + 1)) {
            const apart =
              one.bottom <= other.top || other.bottom <= one.top || one.right <= other.left || other.right <= one.left;
            assert.ok(apart, `${name}, ${level}: ${one.id} and ${other.id}`);
          }
        }
        await page.keyboard.press("l");
      }
    };
    await open(name, act, hash);
  }
});

test("who an event is about, and what is told, is always in sight", async () => {
  await open(
    "echo.html",
    async (page) => {
      for (let step = 0; step < 25; step += 1) {
        const where = `event ${await seq(page)}`;
        for (const selector of ["#tasks tr[aria-current]", "#lanes .subject"]) {
          if ((await page.locator(selector).count()) > 0)
            assert.ok(await isInSight(page, selector), `${where}: ${selector}`);
        }
        assert.ok(await isInSight(page, "#source li.at"), `${where}: the line`);
        const [told, panel] = [await box(page, "#transcript .current"), await box(page, "#transcript")];
        assert.ok(told.top >= panel.top && told.top < panel.bottom, `${where}: the sentence`);
        await page.keyboard.press("ArrowRight");
      }
    },
    "#e=60",
  );
});

test("a long line of the source is broken where it is the current one", async () => {
  for (const window of [{}, PHONE]) {
    await open(
      "dining_tasks.html",
      async (page) => {
        const [line, panel] = [await box(page, "#source li.at code"), await box(page, "#source")];
        assert.ok(line.right <= panel.right, `${line.right} of ${panel.right}`);
      },
      "#e=10",
      window,
    );
  }
});

test("a phone has what steps at hand, and the sentence in sight, wherever it is scrolled to", async () => {
  await open(
    "queue.html",
    async (page) => {
      for (const top of [0, 600, 100_000]) {
        await page.evaluate((y) => scrollTo(0, y), top);
        const [next, narration] = [await box(page, "[aria-label='Forward one event']"), await box(page, "#narration")];
        assert.ok(next.bottom <= 740 && next.top > 600, `scrolled to ${top}: ${JSON.stringify(next)}`);
        assert.ok(narration.top >= 0 && narration.bottom < 320, `scrolled to ${top}: ${JSON.stringify(narration)}`);
        const before = await seq(page);
        await page.getByRole("button", { name: "Forward one event", exact: true }).click();
        assert.equal(await seq(page), before + 1);
      }
      // The last of the page is not beneath them.
      assert.ok((await box(page, "#transcript")).bottom <= (await box(page, ".steps")).top);
    },
    "#e=30",
    PHONE,
  );
});

test("a phone shows the queue, the line and the sentence at once, and the rest when asked", async () => {
  await open(
    "queue.html",
    async (page) => {
      assert.ok((await box(page, "#queue")).bottom < (await box(page, ".steps")).top);
      assert.ok((await box(page, "#source li.at")).bottom < (await box(page, ".steps")).top);
      const search = page.getByRole("searchbox");
      assert.equal(await search.isVisible(), false);
      const fold = page.getByRole("button", { name: "Search and options" });
      await fold.click();
      assert.equal(await fold.getAttribute("aria-expanded"), "true");
      assert.ok(await search.isVisible());
      await fold.click();
      assert.equal(await search.isVisible(), false);
      await page.keyboard.press("/");
      assert.ok(await search.evaluate((input) => input === document.activeElement));
    },
    "#e=31",
    PHONE,
  );
});

test("dialogs fit into a phone's window", async () => {
  await open(
    "queue.html",
    async (page) => {
      for (const key of ["?", "T"]) {
        await page.keyboard.press(key);
        const dialog = await box(page, "dialog");
        assert.ok(dialog.left >= 0 && dialog.right <= 360 && dialog.top >= 0 && dialog.bottom <= 740, key);
        await page.keyboard.press("Escape");
      }
    },
    "#e=31",
    PHONE,
  );
});

test("help explains the words, and panels say to a beginner what they are", async () => {
  await open("queue.html", async (page) => {
    await page.keyboard.press("?");
    for (const word of ["poll", "wake", "turn"]) {
      await page
        .getByRole("term")
        .filter({ hasText: new RegExp(`^${word}$`) })
        .waitFor();
    }
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("#queue .about").isVisible(), false);
    await page.keyboard.press("l");
    assert.match(await page.locator("#queue .about").innerText(), /the first is polled next/);
  });
});
