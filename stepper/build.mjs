// Makes `src/trace/stepper.html` out of this folder: `stepper/build`. With `--check` it only says whether that file is
// what it would make.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";

import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../src/trace/stepper.html");
/** Of the page without data, in bytes. */
const LIMIT = 120_000;

execFileSync(join(here, "node_modules/.bin/tsc"), { cwd: here, stdio: "inherit" });
/** A module and all that it imports, as one text. */
async function script(entry) {
  const bundle = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    write: false,
  });
  return bundle.outputFiles[0].text.trim().replaceAll("</script", "<\\/script");
}
const [main, unpack] = [await script("src/main.ts"), await script("src/unpack.ts")];
const style = (
  await transform(
    ["style.css", "dialogs.css", "narrow.css", "print.css"]
      .map((file) => readFileSync(join(here, "src", file), "utf8"))
      .join(""),
    {
      loader: "css",
      minify: true,
    },
  )
).code.trim();
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hash(main)} ${hash(unpack)}`,
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
/** The page, given the packed script. */
function page(packed) {
  const parts = {
    POLICY: policy,
    STYLE: style,
    PACKED: packed,
    UNPACK: unpack,
    NOSCRIPT: /noScript: "(.*)"/.exec(readFileSync(join(here, "src/ui.en.ts"), "utf8"))[1],
  };
  let text = readFileSync(join(here, "src/page.html"), "utf8");
  for (const [name, part] of Object.entries(parts)) text = text.replace(`@${name}@`, () => part);
  return text;
}

/** Another node may pack the same script in other bytes: what is committed is fresh if the same comes out of it. */
function isFresh() {
  const committed = readFileSync(target, "utf8");
  const [, packed = ""] = / id="packed">([^<]*)</.exec(committed) ?? [];
  try {
    return committed === page(packed) && gunzipSync(Buffer.from(packed, "base64")).toString() === main;
  } catch {
    return false;
  }
}

const made = page(gzipSync(main, { level: 9 }).toString("base64"));
const size = Buffer.byteLength(made);
if (size > LIMIT) throw new Error(`the page has ${size} bytes: more than ${LIMIT}`);
if (!process.argv.includes("--check")) {
  writeFileSync(target, made);
} else if (!isFresh()) {
  console.error("src/trace/stepper.html is stale: run stepper/build");
  process.exit(1);
}
console.log(`src/trace/stepper.html: ${size} bytes; its script, unpacked, ${Buffer.byteLength(main)}`);
