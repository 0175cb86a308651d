// Makes `src/trace/stepper.html` out of this folder: `stepper/build`. With `--check` it only says whether that file is
// what it would make.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { build, transform } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../src/trace/stepper.html");
/** Of the page without data, in bytes. */
const LIMIT = 120_000;

execFileSync(join(here, "node_modules/.bin/tsc"), { cwd: here, stdio: "inherit" });
const bundle = await build({
  entryPoints: [join(here, "src/main.ts")],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  write: false,
});
const script = bundle.outputFiles[0].text.trim().replaceAll("</script", "<\\/script");
const style = (
  await transform(readFileSync(join(here, "src/style.css"), "utf8"), { loader: "css", minify: true })
).code.trim();
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)}`,
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
const parts = {
  POLICY: policy,
  STYLE: style,
  SCRIPT: script,
  NOSCRIPT: /noScript: "(.*)"/.exec(readFileSync(join(here, "src/messages.en.ts"), "utf8"))[1],
};
let page = readFileSync(join(here, "src/page.html"), "utf8");
for (const [name, text] of Object.entries(parts)) page = page.replace(`@${name}@`, () => text);

const size = Buffer.byteLength(page);
if (size > LIMIT) throw new Error(`the page has ${size} bytes: more than ${LIMIT}`);
if (process.argv.includes("--check")) {
  if (readFileSync(target, "utf8") !== page) {
    console.error("src/trace/stepper.html is stale: run stepper/build");
    process.exit(1);
  }
} else {
  writeFileSync(target, page);
}
console.log(`src/trace/stepper.html: ${size} bytes`);
