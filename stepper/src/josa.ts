// Korean particles: which of two forms follows a word depends on whether the word ends in a consonant when it is read.

/** How a word ends when it is read aloud; after an ㄹ one particle is as after a vowel. */
export type End = "vowel" | "consonant" | "ㄹ";

/** 영 일 이 삼 사 오 육 칠 팔 구; ten, hundred and so on, which end in 0, end in consonants too. */
const DIGITS: readonly End[] = [
  "consonant",
  "ㄹ",
  "vowel",
  "consonant",
  "vowel",
  "vowel",
  "consonant",
  "ㄹ",
  "ㄹ",
  "vowel",
];

/** What stands in brackets or after a name is not read, and neither are quotation marks. */
export function endOf(text: string): End {
  const read = text.replace(/(\s*\([^()]*\)|["'`\])}>.!?…\s])+$/u, "");
  const last = read.at(-1) ?? "";
  if (/[0-9]/.test(last)) return DIGITS[Number(last)] ?? "vowel";
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) return final((code - 0xac00) % 28);
  return ofLatin(read.toLowerCase());
}

function final(jong: number): End {
  if (jong === 0) return "vowel";
  return jong === 8 ? "ㄹ" : "consonant";
}

/** A guess, as good as spelling allows: `worker` and `jobs` end in vowels (워커, 잡스), `main` and `lock` do not. */
function ofLatin(word: string): End {
  if (/le?$/.test(word)) return "ㄹ";
  const closes = /([mn]e?|ng|ck)$/.test(word) || /(^|[^aeiou])[aeiou][bkpt]$/.test(word);
  return closes ? "consonant" : "vowel";
}

const follow = (afterConsonant: string, afterVowel: string) => (word: string) =>
  `${word}${endOf(word) === "vowel" ? afterVowel : afterConsonant}`;

/** Who does something. */
export const i = follow("이", "가");
/** To whom it is done. */
export const eul = follow("을", "를");
/** Who is spoken of. */
export const eun = follow("은", "는");

/** Where to. */
export function ro(word: string): string {
  return `${word}${endOf(word) === "consonant" ? "으로" : "로"}`;
}
