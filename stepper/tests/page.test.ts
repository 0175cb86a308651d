// The page in a browser: it opens without a complaint, and each key and control does what it says.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { cases } from "./load.ts";
import { lastSeq, open, said, seq } from "./open.ts";

/** Where screenshots go, if anywhere. */
const SHOTS = process.env["STEPPER_SHOTS"];

const pages = cases(".html").filter((name) => !name.startsWith("hostile"));

for (const name of pages) {
  test(`${name} opens, and can be gone through, without a complaint`, async () => {
    await open(name, async (page) => {
      assert.equal(await seq(page), 1);
      assert.match(await said(page), /^The loop begins to run\.$/);
      const last = await lastSeq(page);
      for (let step = 0; step < Math.min(12, last - 1); step += 1) await page.keyboard.press("ArrowRight");
      assert.equal(await seq(page), Math.min(13, last));
      await page.keyboard.press("End");
      assert.equal(await seq(page), last);
      for (let step = 0; step < Math.min(12, last - 1); step += 1) await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("Home");
      assert.match(await said(page), /^The loop begins to run\.$/);
    });
  });
}

if (SHOTS !== undefined) {
  mkdirSync(SHOTS, { recursive: true });
  for (const name of pages) {
    for (const [width, height] of [
      [1280, 800],
      [360, 740],
    ] as const) {
      test(`${name} at ${width}x${height} is photographed`, async () => {
        for (const place of ["first", "middle", "last"]) {
          await open(
            name,
            async (page) => {
              const last = await lastSeq(page);
              if (place === "middle")
                await page.evaluate((middle) => (location.hash = `e=${middle}`), Math.ceil(last / 2));
              if (place === "last") await page.keyboard.press("End");
              await page.waitForTimeout(50);
              await page.screenshot({ path: join(SHOTS, `${name.replace(".html", "")}-${width}-${place}.png`) });
            },
            "",
            { width, height },
          );
        }
      });
    }
  }
}

test("keys go by event, poll and turn, forwards and backwards", async () => {
  await open("queue.html", async (page) => {
    await page.keyboard.press("ArrowRight");
    assert.equal(await seq(page), 2);
    await page.keyboard.press("Shift+ArrowRight");
    assert.match(await said(page), /^Task 1 "main" is polled, for the first time\.$/);
    await page.keyboard.press("Control+ArrowRight");
    assert.match(await said(page), /^A turn begins: 1 ready of 2 tasks, 1 timer, 0 sources\.$/);
    await page.keyboard.press(".");
    assert.match(await said(page), /^A turn begins: 0 ready/);
    await page.keyboard.press(",");
    await page.keyboard.press("Control+ArrowLeft");
    assert.equal(await seq(page), 4);
    await page.keyboard.press("ArrowLeft");
    assert.equal(await seq(page), 3);
    await page.keyboard.press("End");
    assert.match(await said(page), /^The loop is gone/);
    await page.keyboard.press("Home");
    assert.equal(await seq(page), 1);
  });
});

test("buttons, the strip and the number do the same", async () => {
  await open("queue.html", async (page) => {
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    await press("Forward one poll");
    assert.equal(await seq(page), 6);
    await press("Forward one turn");
    assert.equal(await seq(page), 12);
    await press("Back one turn");
    assert.equal(await seq(page), 4);
    await press("Forward one event");
    await press("Back one poll");
    await press("Last event");
    await press("Back one event");
    const last = await lastSeq(page);
    assert.equal(await seq(page), last - 1);
    await press("First event");
    assert.equal(await seq(page), 1);
    await page.keyboard.press("g");
    await page.keyboard.type("30");
    await page.keyboard.press("Enter");
    assert.equal(await seq(page), 30);
    await page.getByRole("slider").fill("9");
    assert.equal(await seq(page), 10);
  });
});

test("it plays, stops, and plays faster", async () => {
  await open("queue.html", async (page) => {
    await page.keyboard.press("6");
    await page.keyboard.press(" ");
    await page.waitForFunction(() => Number(document.querySelector<HTMLInputElement>("#seq")?.value) > 5);
    await page.keyboard.press(" ");
    assert.equal(await page.getByRole("button", { name: "Play", exact: true }).count(), 1);
    assert.equal(await page.getByLabel("Speed").inputValue(), "5");
    await page.keyboard.press("End");
    await page.keyboard.press(" ");
    // There is nothing left to play.
    await page.getByRole("button", { name: "Play", exact: true }).waitFor();
  });
});

test("a task is chosen by a click, followed by keys, and let go", async () => {
  await open(
    "queue.html",
    async (page) => {
      await page.locator("#tasks").getByRole("button", { name: /2/ }).first().click();
      await page.waitForURL(/#e=40&t=2$/);
      assert.match(await page.locator("#why h2").innerText(), /task 2/);
      await page.keyboard.press("]");
      const next = await seq(page);
      await page.keyboard.press("[");
      assert.ok((await seq(page)) < next);
      await page.keyboard.press("W");
      assert.ok((await seq(page)) < 40);
      await page.keyboard.press("Escape");
      await page.waitForURL((url) => !url.hash.includes("t="));
    },
    "#e=40",
  );
});

test("finding goes to events by field and by word, and can be what steps go by", async () => {
  await open("queue.html", async (page) => {
    await page.keyboard.press("/");
    await page.keyboard.type("kind:wake via:timer");
    await page.keyboard.press("Enter");
    assert.match(await said(page), /^Timer 0 wakes task 1 "main"\.$/);
    await page.keyboard.press("Escape");
    await page.getByLabel("step through matches only").check();
    await page.keyboard.press("ArrowRight");
    assert.match(await said(page), /^Timer \d wakes task 1/);
    const there = await seq(page);
    await page.keyboard.press("N");
    assert.ok((await seq(page)) < there);
    await page.keyboard.press("n");
    assert.equal(await seq(page), there);
    await page.getByRole("searchbox").fill("no such thing");
    await page.keyboard.press("Enter");
    assert.match(await page.locator(".notice").innerText(), /Nothing matches/);
    assert.equal(await seq(page), there);
  });
});

test("the level hides what a beginner does not need", async () => {
  await open("queue.html", async (page) => {
    assert.equal(await page.locator("#wheel").count(), 1);
    await page.keyboard.press("l");
    for (const id of ["wheel", "sources", "waitfor"]) assert.equal(await page.locator(`#${id}`).count(), 0);
    assert.equal(await page.locator("#queue").count(), 1);
    await page.getByRole("button", { name: /Level: beginner/ }).click();
    assert.equal(await page.locator("#wheel").count(), 1);
  });
});

test("predict mode stops, hides the answer, says why, and counts", async () => {
  await open("dining_tasks.html", async (page) => {
    await page.keyboard.press("p");
    for (let turn = 0; turn < 40 && (await page.locator(".question").count()) === 0; turn += 1) {
      await page.keyboard.press("Control+ArrowRight");
    }
    assert.match(await said(page), /is (pending|ready)/);
    assert.match(await page.locator("#queue").innerText(), /Hidden while you guess/);
    assert.equal(await page.locator("#transcript .coming").count(), 0);
    await page.keyboard.press("1");
    assert.match(await page.locator(".question .verdict").innerText(), /^(Right|No: it is task).*because /);
    assert.match(await page.locator(".question").innerText(), /[01] of 1 right/);
    assert.equal(await page.locator("#queue .veil").count(), 0);
    await page.getByRole("button", { name: "Go on" }).click();
    assert.equal(await page.locator(".question").count(), 0);
    await page.keyboard.press("p");
    await page.keyboard.press("Shift+ArrowRight");
    assert.equal(await page.locator(".question").count(), 0);
  });
});

test("the address leads to the same event and task", async () => {
  await open(
    "dining_tasks.html",
    async (page) => {
      assert.equal(await seq(page), 60);
      assert.equal(await page.locator("#tasks tr.chosen").count(), 1);
      await page.evaluate(() => (location.hash = "r=2&e=5"));
      await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#seq")?.value === "5");
      assert.equal(await page.getByLabel("Which loop").inputValue(), "1");
      await page.getByLabel("Which loop").selectOption("0");
      await page.waitForURL(/#e=60$/);
    },
    "#e=60&t=2",
  );
});

test("help opens and closes by key and button, and keeps the focus", async () => {
  await open("queue.html", async (page) => {
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("ArrowRight");
    assert.equal(await seq(page), 1);
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
    await page.getByRole("button", { name: "Help" }).click();
    await page.getByRole("button", { name: "Close" }).click();
    assert.equal(await page.getByRole("dialog").count(), 0);
  });
});

test("single letters can be turned off", async () => {
  await open("queue.html", async (page) => {
    await page.keyboard.press("?");
    await page.getByLabel("Keys that are a single letter").uncheck();
    await page.keyboard.press("Escape");
    await page.keyboard.press("l");
    assert.equal(await page.locator("#wheel").count(), 1);
    await page.keyboard.press("ArrowRight");
    assert.equal(await seq(page), 2);
  });
});

test("the focus stays where it is while the run goes on", async () => {
  await open(
    "queue.html",
    async (page) => {
      const task = page.locator("#tasks").getByRole("button").first();
      await task.focus();
      for (let step = 0; step < 10; step += 1) await page.keyboard.press("ArrowRight");
      assert.ok(await task.evaluate((button) => button === document.activeElement));
    },
    "#e=20",
  );
});

/** How many nodes and attributes of the page a key changes, each time that it is pressed. */
function touched(page: Page, key: { key: string; shiftKey?: boolean }, times: number): Promise<number[]> {
  return page.evaluate(
    ({ key, times }) => {
      const seen = new MutationObserver(() => {});
      seen.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
      return Array.from({ length: times }, () => {
        document.dispatchEvent(new KeyboardEvent("keydown", key));
        return seen
          .takeRecords()
          .flatMap(({ type, addedNodes, removedNodes }) =>
            type === "childList" ? [...addedNodes, ...removedNodes] : [null],
          )
          .reduce((sum, node) => sum + 1 + (node instanceof Element ? node.querySelectorAll("*").length : 0), 0);
      });
    },
    { key, times },
  );
}

test("a step touches what it changes, and little else", async () => {
  // The numbers of a run with many tasks and long lists, where the whole page has thousands of nodes.
  await open(
    "busy_loop.html",
    async (page) => {
      const whole = await page.evaluate(() => document.querySelectorAll("*").length);
      assert.ok(whole > 700, `${whole}`);
      for (const key of ["ArrowLeft", "ArrowRight"]) {
        for (const [more, often, most] of [
          [{}, 45, 300],
          [{ shiftKey: true }, 130, 300],
        ] as const) {
          const counts = (await touched(page, { key, ...more }, 60)).sort((a, b) => a - b);
          const shown = `${key} ${JSON.stringify(more)}: ${counts.join(" ")}`;
          assert.ok(counts[30]! <= often, shown);
          assert.ok(counts[59]! <= most, shown);
        }
      }
      // Who steps to and fro finds everything as it was.
      await page.keyboard.press("ArrowRight");
      const before = await page.locator("main").innerHTML();
      await page.keyboard.press("ArrowRight");
      await page.keyboard.press("ArrowLeft");
      assert.equal(await page.locator("main").innerHTML(), before);
    },
    "#e=3000",
  );
});

test("nothing is wider than a narrow window", async () => {
  for (const name of pages) {
    await open(
      name,
      async (page) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 360, `${name}: ${width}`);
      },
      "#e=30",
      { width: 360, height: 740 },
    );
  }
});

test("a lock's cycle is called one", async () => {
  await open(
    "dining_tasks.html",
    async (page) => {
      for (let event = 30; event < 70; event += 1) {
        if ((await page.locator("#waitfor .cycle").count()) > 0) return;
        await page.keyboard.press("ArrowRight");
      }
      assert.fail("no cycle was seen");
    },
    "#e=30",
  );
});

for (const name of cases(".html").filter((page) => page.startsWith("hostile"))) {
  test(`${name} is shown as text, or refused with a reason`, async () => {
    await open(name, async (page) => {
      if ((await page.locator(".chooser").count()) > 0) {
        assert.match(
          await page.locator(".warning").innerText(),
          /^This recording cannot be shown: .{10,}|^This page has no recording/,
        );
        return;
      }
      await page.keyboard.press("End");
      await page.keyboard.press("Home");
      for (let step = 0; step < 20; step += 1) await page.keyboard.press("ArrowRight");
      assert.equal(await page.evaluate(() => "hacked" in window), false);
    });
  });
}
