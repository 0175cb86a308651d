// The page in a browser: it opens without a complaint, each key and control does what it says, and it can be used by
// who cannot see or does not use a mouse.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { type Browser, chromium, type Page } from "playwright-core";

import { cases, folder } from "./load.ts";

const CHROMIUM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Where screenshots go, if anywhere. */
const SHOTS = process.env["STEPPER_SHOTS"];

let browser: Browser;
before(async () => {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing: CHROMIUM names the browser`);
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
});
after(() => browser.close());

/** Opens a page, gives it to `act`, and sees that nothing was complained of and nobody was asked for anything. */
async function open(
  name: string,
  act: (page: Page) => Promise<void>,
  hash = "",
  width = 1280,
  height = 800,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce" });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error.stack)));
  page.on("request", (request) => {
    if (!/^(file|data):/.test(request.url())) complaints.push(`a request to ${request.url()}`);
  });
  await page.goto(`file://${join(folder, name)}${hash}`);
  await page.locator("#narration, .chooser").waitFor();
  await act(page);
  assert.deepEqual(complaints, [], name);
  await context.close();
}

const seq = async (page: Page) => Number(await page.locator("#seq").inputValue());
const said = (page: Page) => page.locator(".sentence").innerText();
const lastSeq = async (page: Page) =>
  Number(/\d[\d,]*/.exec(await page.locator(".position span").innerText())![0].replaceAll(",", ""));

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
            width,
            height,
          );
        }
      });
    }
  }
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Finding {
  id: string;
  impact: string;
  nodes: Array<{ html: string }>;
}

/** What axe finds that is serious. */
async function findings(page: Page): Promise<string[]> {
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

for (const [scheme, width] of [
  ["light", 1280],
  ["dark", 1280],
  ["light", 360],
] as const) {
  test(`axe finds nothing: ${scheme}, ${width} wide`, async () => {
    for (const [name, hash] of [
      ["dining_tasks.html", "#e=60&t=2"],
      ["cascade.html", "#e=40"],
      ["echo.html", "#e=70"],
      ["queue.html", "#e=31"],
    ]) {
      await open(
        name!,
        async (page) => {
          await page.emulateMedia({ colorScheme: scheme });
          assert.deepEqual(await findings(page), [], name);
          await page.keyboard.press("p");
          await page.keyboard.press("Shift+ArrowRight");
          assert.deepEqual(await findings(page), [], `${name}, asking`);
          await page.keyboard.press("?");
          assert.deepEqual(await findings(page), [], `${name}, help`);
        },
        hash,
        width,
        800,
      );
    }
  });
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
    assert.equal(await page.getByRole("button", { name: "Play" }).count(), 1);
    assert.equal(await page.getByLabel("Speed").inputValue(), "5");
    await page.keyboard.press("End");
    await page.keyboard.press(" ");
    // There is nothing left to play.
    await page.getByRole("button", { name: "Play" }).waitFor();
  });
});

test("a task is chosen by a click, followed by keys, and let go", async () => {
  await open(
    "queue.html",
    async (page) => {
      await page.locator("#tasks").getByRole("button", { name: /2/ }).first().click();
      assert.match(page.url(), /#e=40&t=2$/);
      assert.match(await page.locator("#why h2").innerText(), /task 2/);
      await page.keyboard.press("]");
      const next = await seq(page);
      await page.keyboard.press("[");
      assert.ok((await seq(page)) < next);
      await page.keyboard.press("w");
      assert.ok((await seq(page)) < 40);
      await page.keyboard.press("Escape");
      assert.doesNotMatch(page.url(), /t=/);
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
      assert.match(page.url(), /#e=60$/);
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

test("nothing is wider than a narrow window", async () => {
  for (const name of pages) {
    await open(
      name,
      async (page) => {
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(width <= 360, `${name}: ${width}`);
      },
      "#e=30",
      360,
      740,
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
