// What can be done with a run besides going through it: another language, pictures, tests, changes, chains, comparing.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import type { Page } from "playwright-core";

import { folder } from "./load.ts";
import { clipboard, open, said, seq } from "./open.ts";

const lang = (page: Page) => page.locator("html").getAttribute("lang");

test("the language is the browser's, until another is chosen by button, key or address", async () => {
  await open(
    "queue.html",
    async (page) => {
      assert.equal(await lang(page), "ko");
      assert.equal(await said(page), "루프가 돌기 시작합니다.");
      await page.getByRole("button", { name: "English" }).click();
      assert.equal(await lang(page), "en");
      assert.equal(await said(page), "The loop begins to run.");
      await page.waitForURL(/l=en/);
      await page.keyboard.press("k");
      assert.equal(await lang(page), "ko");
      await page.waitForURL(/l=ko/);
      await page.keyboard.press("ArrowRight");
      await page.waitForURL(/e=2&l=ko$/);
    },
    "",
    { locale: "ko-KR" },
  );
  await open(
    "queue.html",
    async (page) => {
      assert.equal(await lang(page), "ko");
      assert.match(await page.title(), /스테퍼$/);
      await page.evaluate(() => (location.hash = "e=5&l=en"));
      await page.waitForFunction(() => document.documentElement.lang === "en");
    },
    "#e=3&l=ko",
  );
  await open("queue.html", async (page) => assert.equal(await lang(page), "en"), "", { locale: "de-DE" });
  await open("hostile-no-data.html", async (page) => assert.equal(await lang(page), "ko"), "", { locale: "ko" });
});

test("every panel can be copied as an SVG that stands for itself, the same each time", async () => {
  await open(
    "dining_tasks.html",
    async (page) => {
      const copy = async (id: string) => {
        await page.locator(`[data-copy=${id}]`).click();
        await page.waitForFunction(
          (title) => document.querySelector(".notice")?.textContent?.includes(title),
          (await page.locator(`#${id} h2`).innerText()).split("\n")[0]!.split(" ")[0]!,
        );
        return clipboard(page);
      };
      const pictures = new Map<string, string>();
      for (const id of ["source", "why", "queue", "wheel", "tasks", "resources", "waitfor", "lanes", "transcript"]) {
        pictures.set(id, await copy(id));
      }
      await page.setViewportSize({ width: 800, height: 700 });
      for (const [id, picture] of pictures) {
        assert.match(picture, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="640" height="[\d.]+" /);
        assert.match(picture, /<title>.*event 60 of /);
        assert.doesNotMatch(picture, /href|url\(|<script|<style|class=|foreignObject/, id);
        const problem = await page.evaluate(
          (text) => new DOMParser().parseFromString(text, "image/svg+xml").querySelector("parsererror")?.textContent,
          picture,
        );
        assert.equal(problem, undefined, id);
        assert.ok((picture.match(/<text/g)?.length ?? 0) >= 3, id);
        assert.equal(await copy(id), picture, `${id}, in another window`);
      }
      assert.match(pictures.get("tasks")!, />queued</);
      assert.match(pictures.get("tasks")!, />Plato</);
    },
    "#e=60",
  );
});

test("a test in Rust has the steps up to here, and is refused for a run on a real clock", async () => {
  await open(
    "queue.html",
    async (page) => {
      await page.keyboard.press("r");
      await page.locator(".notice", { hasText: "a Rust test" }).waitFor();
      const test = await clipboard(page);
      assert.match(test, /const STEPS: \[\(u64, &str\); 31\] = \[\n {4}\(0, "RunBegin"\),/);
      assert.match(test, /\(1_000_000_000, "Enqueue"\),\n\];/);
      assert.match(test, /"--example", "queue", "--", "--virtual-time"\]/);
      assert.ok(test.split("\n").every((line) => line.length <= 120));
    },
    "#e=31",
  );
  await open(onRealClock(), async (page) => {
    await page.getByRole("button", { name: "Test" }).click();
    assert.match(await page.locator(".notice").innerText(), /^No test can be made/);
  });
});

/** A page whose recording says that its clock was real. */
function onRealClock(): string {
  const page = readFileSync(join(folder, "queue.html"), "utf8");
  const changed = page.replace(/(?<= id="trace">)[^<]*/, (encoded) => {
    const bytes = Buffer.from(encoded, "base64").toString("latin1");
    return Buffer.from(bytes.replace('"clock":"virtual"', '"clock":"real"   '), "latin1").toString("base64");
  });
  const file = join(mkdtempSync(join(tmpdir(), "stepper-")), "real.html");
  writeFileSync(file, changed);
  return file;
}

test("without a clipboard, what is copied is shown", async () => {
  await open("queue.html", async (page) => {
    await page.evaluate(() => Object.defineProperty(navigator, "clipboard", { value: undefined }));
    await page.keyboard.press("r");
    await page.getByRole("dialog").waitFor();
    assert.match(await page.getByRole("textbox").last().inputValue(), /^\/\/! What `queue` does/);
    await page.keyboard.press("Escape");
    assert.equal(await page.getByRole("dialog").count(), 0);
  });
});

test("all that happened can be read and copied as text", async () => {
  await open("gather.html", async (page) => {
    const told = readFileSync(join(folder, "gather.tell"), "utf8").trim().split("\n");
    await page.keyboard.press("T");
    const text = await page.locator("textarea").inputValue();
    const lines = text.trimEnd().split("\n");
    assert.equal(lines.length, told.length);
    assert.match(lines.at(-1)!, /^ +\d+ +[\d.]+ ms {2}turn \d+ +The loop is gone\.$/);
    await page.keyboard.press("ArrowRight");
    assert.equal(await seq(page), 1);
    await page.getByRole("button", { name: "Copy", exact: true }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.equal(await clipboard(page), text);
    await page.getByRole("button", { name: "Full text" }).click();
    await page.getByRole("button", { name: "Close" }).click();
    assert.ok(await page.getByRole("button", { name: "Full text" }).evaluate((it) => it === document.activeElement));
  });
});

test("changes show what was, struck through, in every panel", async () => {
  await open("dining_tasks.html", async (page) => {
    await page.keyboard.press("d");
    const panels = new Set<string>();
    for (let event = 2; event < 90; event += 1) {
      await page.keyboard.press("ArrowRight");
      const here = await page.evaluate(() =>
        [...document.querySelectorAll(".ghost, .fresh, [data-was]")].map((it) => it.closest("section")?.id ?? ""),
      );
      for (const id of here) panels.add(id);
    }
    assert.deepEqual([...panels].sort(), ["queue", "resources", "source", "tasks", "waitfor", "wheel", "why"]);
  });
  await open("queue.html", async (page) => {
    await page.keyboard.press("d");
    await page.keyboard.press("g");
    await page.keyboard.type("31");
    await page.keyboard.press("Enter");
    assert.match(await page.locator("#tasks tr").nth(2).innerText(), /woken\s*queued/);
    assert.equal(await page.locator("#tasks del").first().innerText(), "woken");
    // Ghosts are only to be looked at.
    assert.equal(await page.locator(".ghost button, button.ghost").count(), 0);
    await page.getByRole("button", { name: "Changes" }).click();
    assert.equal(await page.locator(".ghost, .fresh, [data-was]").count(), 0);
    await page.keyboard.press("Home");
    await page.keyboard.press("d");
    assert.equal(await seq(page), 1);
  });
});

test("a chain is played from its first cause to where it was asked for", async () => {
  await open(
    "queue.html",
    async (page) => {
      const numbers = await page.locator("#why .go").allInnerTexts();
      const first = Math.min(...numbers.map(Number));
      await page.keyboard.press("6");
      await page.evaluate(() => {
        const seen: string[] = [];
        Reflect.set(window, "seen", seen);
        const input = document.querySelector<HTMLInputElement>("#seq")!;
        new MutationObserver(() => seen.push(input.value)).observe(document.body, {
          subtree: true,
          childList: true,
          characterData: true,
        });
      });
      await page.keyboard.press("w");
      await page.getByRole("button", { name: "Play", exact: true }).waitFor();
      await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#seq")?.value === "27");
      const seen = [...new Set(await page.evaluate(() => Reflect.get(window, "seen") as string[]))].map(Number);
      assert.deepEqual(
        seen,
        [...seen].sort((a, b) => a - b),
      );
      assert.ok(seen.length < 12 && seen.includes(first) && seen.includes(24), seen.join());
      assert.equal(await page.locator("#tasks tr.chosen").count(), 1);
      await page.getByRole("button", { name: "Play chain" }).click();
      await page.waitForFunction(() => document.querySelector<HTMLInputElement>("#seq")?.value === "27");
    },
    "#e=31",
  );
});

test("timers are shown as a heap, too", async () => {
  await open(
    "cascade.html",
    async (page) => {
      await page.keyboard.press("h");
      assert.ok((await page.locator(".heap circle").count()) > 1);
      assert.equal(await page.locator(".wheel").count(), 0);
      // The soonest is on top: it is also the first of the list below.
      const top = await page.locator(".heap g").first().getAttribute("data-id");
      assert.equal(await page.locator("#wheel li").first().getAttribute("data-id"), top);
      await page.getByRole("button", { name: "Heap" }).click();
      assert.equal(await page.locator(".wheel").count(), 1);
    },
    "#e=20",
  );
});

test("drawings are shown as tables, with the same in them", async () => {
  await open(
    "dining_tasks.html",
    async (page) => {
      const chips = await page.locator("#queue .line .chip").allInnerTexts();
      await page.keyboard.press("t");
      assert.deepEqual(await page.locator("#queue td .chip").allInnerTexts(), chips);
      for (const id of ["queue", "resources", "waitfor", "lanes", "tasks"]) {
        assert.equal(await page.locator(`#${id} table`).count(), 1, id);
      }
      assert.equal(await page.locator("main svg").count(), 0);
      assert.match(await page.locator("#lanes tbody").innerText(), /polled\s+\d+ to \d+/);
      await page.getByRole("button", { name: "Tables" }).click();
      assert.equal(await page.locator("svg.lanes").count(), 1);
    },
    "#e=55",
  );
});

test("what is under the pointer, or has the focus, is lit in every panel", async () => {
  await open(
    "dining_tasks.html",
    async (page) => {
      const lit = () =>
        page.evaluate(() => [
          ...new Set([...document.querySelectorAll("[data-lit]")].map((it) => it.closest("section")?.id ?? "")),
        ]);
      await page.locator("#tasks .chip").nth(1).hover();
      const panels = await lit();
      for (const id of ["tasks", "queue", "resources", "lanes", "waitfor"])
        assert.ok(panels.includes(id), `${id}: ${panels}`);
      await page.mouse.move(2, 2);
      assert.deepEqual(await lit(), []);
      await page.locator("#tasks .chip").nth(1).focus();
      assert.deepEqual(await lit(), panels);
    },
    "#e=55",
  );
});

test("a second recording is compared: the same, or where and how they part", async () => {
  await open("queue.html", async (page) => {
    await page.setInputFiles("#compared", join(folder, "queue.glt"));
    await page.locator("#compare").waitFor();
    assert.match(await page.locator("#compare [role=status]").innerText(), /^Both do the same, in all \d+ events\.$/);
    assert.equal(await page.locator("#compare .differs").count(), 0);
    await page.getByRole("button", { name: "Stop comparing" }).click();
    assert.equal(await page.locator("#compare").count(), 0);
  });
  await open("gather.html", async (page) => {
    await page.setInputFiles("#compared", join(folder, "cascade.html"));
    await page.locator("#compare").waitFor();
    assert.match(
      await page.locator("#compare .parts").innerText(),
      /^They part at event 2\. This run: Task 1 "main" is created at examples\/gather\.rs:\d+ .* The other: Task 1 "main" is created at examples\/cascade\.rs/,
    );
    await page.keyboard.press("End");
    await page.keyboard.press("x");
    assert.equal(await seq(page), 2);
    assert.match(await page.locator("#compare tr.current").getAttribute("class").then(String), /differs/);
    assert.match(await page.locator("#compare tr.current").innerText(), /≠ 2/);
    await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator("#compare tr.current.differs").count(), 0);
    await page.getByRole("button", { name: "Step through the other" }).click();
    assert.match(await page.title(), /^cascade/);
    assert.equal(await seq(page), 3);
  });
});

test("a file is dropped to be compared, and refused with a reason", async () => {
  await open("queue.html", async (page) => {
    const drop = (name: string, text: string) =>
      page.evaluate(
        ([name, text]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([text!], name!));
          document.body.dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }),
          );
        },
        [name, text],
      );
    await drop("notes.txt", "hello, world");
    await page.locator(".notice", { hasText: "notes.txt cannot be compared: this is no glassloop trace" }).waitFor();
    await drop("page.html", "<html><body>hello</body></html>");
    await page.locator(".notice", { hasText: "page.html cannot be compared: a recording is a .glt file" }).waitFor();
    await drop("other.html", readFileSync(join(folder, "gather.html"), "utf8"));
    await page.locator("#compare").waitFor();
    assert.equal(await seq(page), 1);
  });
});

test("the page without a recording opens one", async () => {
  await open("hostile-no-data.html", async (page) => {
    await page.setInputFiles("#file", join(folder, "gather.html"));
    await page.locator("#narration").waitFor();
    assert.match(await page.title(), /^gather/);
  });
});
