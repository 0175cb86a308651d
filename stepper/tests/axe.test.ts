// Nothing that keeps anybody from using the page, in any state of it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";

import { folder } from "./load.ts";
import { findings, open } from "./open.ts";

const LOOKS = [
  ["light", 1280],
  ["dark", 1280],
  ["light", 360],
] as const;

/** Keys, and the state to which they lead from the one before. */
const STATES = [
  ["d", "changes"],
  ["dt", "tables"],
  ["th", "heap"],
  ["hl", "beginner"],
  ["lk", "Korean"],
  ["kT", "full text"],
] as const;

for (const [colorScheme, width] of LOOKS) {
  test(`axe finds nothing: ${colorScheme}, ${width} wide`, async () => {
    for (const [name, hash] of [
      ["dining_tasks.html", "#e=60&t=2"],
      ["echo.html", "#e=70"],
      ["queue.html", "#e=31"],
    ] as const) {
      const act = async (page: Parameters<typeof findings>[0]) => {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await findings(page), [], name);
        await page.keyboard.press("p");
        await page.keyboard.press("Shift+ArrowRight");
        assert.deepEqual(await findings(page), [], `${name}, asking`);
        await page.keyboard.press("?");
        assert.deepEqual(await findings(page), [], `${name}, help`);
      };
      await open(name, act, hash, { width });
    }
  });

  test(`axe finds nothing in any state: ${colorScheme}, ${width} wide`, async () => {
    const act = async (page: Parameters<typeof findings>[0]) => {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await findings(page), []);
      for (const [keys, state] of STATES) {
        for (const key of keys) await page.keyboard.press(key);
        assert.deepEqual(await findings(page), [], state);
      }
      await page.keyboard.press("Escape");
      await page.setInputFiles("#compared", join(folder, "gather.glt"));
      await page.locator("#compare").waitFor();
      assert.deepEqual(await findings(page), [], "comparing");
    };
    await open("cascade.html", act, "#e=24", { width });
  });
}
