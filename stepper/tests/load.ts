// Recordings for the tests: every `.glt` file in the folder that STEPPER_CASES names.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const folder = process.env["STEPPER_CASES"] ?? "";

export function cases(extension: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .sort();
}

export function bytesOf(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)));
}

export function linesOf(name: string): string[] {
  return readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean);
}
