// What the page says, in the language that was chosen. Importers see the other language as soon as it is chosen.

import * as english from "./say.en.ts";
import * as korean from "./say.ko.ts";
import * as englishUi from "./ui.en.ts";
import * as koreanUi from "./ui.ko.ts";
import * as englishWrong from "./wrong.en.ts";
import * as koreanWrong from "./wrong.ko.ts";

export type Language = "en" | "ko";
/** Sentences about a run. */
export type Say = typeof english.say;
/** Labels, help and hints. */
export type Ui = typeof englishUi.ui;
/** What may be wrong with a recording. */
export type Wrong = typeof englishWrong.wrong;

export const catalogues: Record<Language, { say: Say; ui: Ui; wrong: Wrong }> = {
  en: { say: english.say, ui: englishUi.ui, wrong: englishWrong.wrong },
  ko: { say: korean.say, ui: koreanUi.ui, wrong: koreanWrong.wrong },
};

export let language: Language = "en";
export let say: Say = english.say;
export let ui: Ui = englishUi.ui;
export let wrong: Wrong = englishWrong.wrong;

export function speak(chosen: Language): void {
  language = chosen;
  ({ say, ui, wrong } = catalogues[chosen]);
}

/** The language of a tag such as `ko-KR`; `null` if the page does not speak it. */
export function languageOf(tag: string): Language | null {
  const [primary] = tag.toLowerCase().split("-");
  return primary === "en" || primary === "ko" ? primary : null;
}
