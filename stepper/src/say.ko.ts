// What happens in a run, in Korean: whole sentences in Korean order. The names of Rust's own things stay as they are.

import { eul, eun, i, ro } from "./josa.ts";
import type { Say } from "./messages.ts";
import { quoted, thousands } from "./words.ts";

const called = (name: string | null) => (name === null ? "" : ` ${quoted(name)}`);
/** By whom, if that is known. */
const by = (who: string | null) => (who === null ? "" : `${i(who)} `);

const LABELS: Record<string, string> = {
  queue: "큐",
  "lifo queue": "LIFO 큐",
  "priority queue": "우선순위 큐",
  lock: "락",
  semaphore: "세마포어",
  event: "이벤트",
  promise: "프로미스",
  barrier: "배리어",
  condition: "조건 변수",
  "task group": "태스크 그룹",
  "cancel token": "취소 토큰",
  server: "서버",
  threads: "스레드 풀",
  resource: "자원",
};

const TRIED: Record<string, string> = {
  done: "끝남",
  would_block: "지금은 할 수 없음(WouldBlock)",
  eof: "상대가 끝냄(EOF)",
  error: "오류",
};

const ENDINGS: Record<string, string> = {
  done: "루트가 끝났습니다",
  panicked: "루트가 패닉했습니다",
  deadlock: "모든 태스크가 기다리고 있고, 아무도 깨울 수 없습니다",
  interrupted: "Ctrl-C를 받았습니다",
  error: "시스템이 요청을 거절했습니다",
};

const isRead = (verb: string) => verb === "read";

const ORDINALS = ["첫", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열"];
const nth = (number: number) => `${ORDINALS[number - 1] ?? thousands(number)} 번째`;

export const say: Say = {
  asSentence: (text) => {
    const told = text.trimEnd();
    return told + (/[.!?]$/.test(told) ? "" : ".");
  },

  // 이름.
  task: (id, name) => `태스크 ${id}${called(name)}`,
  gather: (id, name) => `gather ${id}${called(name)}`,
  child: (child, gather, name) => `gather ${gather}의 자식 ${child}${called(name)}`,
  nobody: "알 수 없는 누군가",
  theLoop: "루프",
  timer: (id, length) => `타이머 ${id}${length === null ? "" : `(${length})`}`,
  source: (id, label) => `소스 ${id}${label === null ? "" : `(${label})`}`,
  resource: (label, name, id) => {
    if (label === "threads" && name === null) return "스레드 풀";
    return `${LABELS[label] ?? label}${name === null ? ` ${id}` : called(name)}`;
  },
  place: {
    due: "만료 목록",
    far: "휠 바깥",
    slot: (level, slot) => `레벨 ${level}의 슬롯 ${slot}`,
  },
  after: (length) => `${length} 만에 `,
  waitOf: (op, what) => `${what}의 ${op}`,
  endOf: (who) => `${who}의 종료`,
  waitAt: (what, loc) => `${loc}의 ${what}`,
  andFor: ", ",

  // 루프.
  runBegin: "루프가 돌기 시작합니다",
  loopEnd: "루프가 사라졌습니다",
  runEnd: (reason) => `실행이 끝납니다: ${ENDINGS[reason] ?? reason}`,
  turn: (ready, tasks, timers, sources) =>
    `새 턴이 시작됩니다: 태스크 ${thousands(tasks)}개 중 준비된 것 ${thousands(ready)}개, 타이머 ${thousands(timers)}개, 소스 ${thousands(sources)}개`,
  dropped: (missing) => `여기서 이벤트 ${thousands(missing)}개가 빠졌습니다`,
  mark: (who, text) => `${eun(who)} 이렇게 적었습니다: ${text}`,
  out: (who, text) => `${i(who)} 출력합니다: ${quoted(text)}`,
  outBytes: (who, len) => `${i(who)} ${thousands(len)}바이트를 출력합니다`,
  spanBegin: (who, name) => `${i(who)} ${quoted(name)} 구간을 시작합니다`,
  spanEnd: (name, after) => `${quoted(name)} 구간이 ${after}끝납니다`,
  spanEndUnknown: "기록 이전에 시작된 구간이 끝납니다",
  report: (what, text) => (text.startsWith(what) ? text : `${what}: ${text}`),

  // 태스크.
  spawn: (what, creator, loc, size) =>
    creator === null
      ? `${loc}에서 ${i(what)} 만들어집니다(${thousands(size)}바이트)`
      : `${i(creator)} ${loc}에서 ${eul(what)} 만듭니다(${thousands(size)}바이트)`,
  gatherOf: (gather, children) => `${gather}(퓨처 ${thousands(children)}개)`,
  rename: (who, name) => `${who}의 이름이 이제 ${quoted(name)}입니다`,
  childStart: (who) => `${i(who)} 곧 시작합니다`,
  enqueue: (who, place) => `${i(who)} 실행 큐의 ${nth(place)} 자리에 들어갑니다`,
  dequeue: (who, after) => `${after}${who}의 차례가 되었습니다`,
  dequeueEnded: "차례가 된 태스크는 그사이에 끝났습니다",
  pollBegin: (who, poll) => `${eul(who)} 폴링합니다(${nth(poll)})`,
  ready: (who, after) => `${i(who)} ${after}Ready를 반환했습니다`,
  pendingQueued: (who, after) => `${i(who)} ${after}Pending을 반환했고, 다시 실행 큐에 있습니다`,
  pendingWaits: (who, after, waits) => `${i(who)} ${after}Pending을 반환했습니다. ${eul(waits)} 기다립니다`,
  pendingUnknown: (who, after) => `${i(who)} ${after}Pending을 반환했습니다. 무엇을 기다리는지는 알 수 없습니다`,
  escape: (who) => `알 수 없는 누군가가 ${who}의 웨이커를 얻었습니다`,
  wakerClone: (who, live) =>
    `알 수 없는 누군가가 ${who}의 웨이커를 복제합니다. 그런 복제본은 이제 ${thousands(live)}개입니다`,
  wakerDrop: (who, live) => `알 수 없는 누군가가 ${who}의 웨이커를 버립니다. 남은 복제본은 ${thousands(live)}개입니다`,
  cancelAsk: (who) => `${eul(who)} 끝내 달라는 요청이 왔습니다`,
  cancelDeliver: (who) => `${i(who)} 취소됩니다. 퓨처가 드롭됩니다`,
  finished: (who, after) => `${i(who)} ${after}끝났습니다`,
  cancelled: (who, after) => `${i(who)} ${after}취소된 채로 끝났습니다`,
  started: (who) => `${i(who)} 모든 자식을 시작했습니다`,
  waitsForEnd: (who, target, loc) => `${i(who)} ${loc}에서 ${target}의 종료를 기다립니다`,
  waitOver: (who, what, after) => `${eul(what)} 기다리던 ${who}의 대기가 ${after}끝났습니다`,
  waitGivenUp: (who, what, after) => `${i(who)} ${after}${what} 기다리기를 그만둡니다`,
  nobodyWaits: (what, after) => `이제 아무도 ${eul(what)} 기다리지 않습니다${after === "" ? "" : `(${after.trim()})`}`,
  waitReplaced: (who, what) => `이제 ${who} 대신 다른 누군가가 ${eul(what)} 기다립니다`,
  goneTask: "이미 사라진 태스크",
  someTask: "어떤 태스크",
  wakesItself: (who) => `${i(who)} 스스로를 깨웁니다`,
  wakes: (waker, who) => `${i(waker)} ${eul(who)} 깨웁니다`,
  wakesThrough: (waker, who, what) => `${i(waker)} ${eul(what)} 통해 ${eul(who)} 깨웁니다`,
  otherThread: "다른 스레드",
  wokenToCancel: (who) => `${eul(who)} 취소하려고 깨웁니다`,
  queuedAlready: (woken) => `${woken}. 이미 실행 큐에 있습니다`,
  nothingHappens: (woken) => `${woken}. 아무 일도 일어나지 않습니다`,

  // 타이머와 소스와 시계.
  forEver: "영원히",
  until: (moment) => `${moment}까지`,
  timerArm: (id, who, length, until, loc, place) =>
    `${loc}에서 ${eul(who)} 깨울 ${eul(say.timer(id, null))} ${length} 뒤로(${until}) 맞춥니다. ${place}에 놓입니다`,
  cascade: (timer, from, to) => `${i(timer)} ${from}에서 ${ro(to)} 내려갑니다`,
  onTime: (timer) => `${i(timer)} 제때 만료되었습니다`,
  late: (timer, late) => `${i(timer)} ${late} 늦게 만료되었습니다`,
  disarmed: (timer) => `${i(timer)} 해제됩니다`,
  disarmedEarly: (timer, left) => `${i(timer)} 만료 ${left} 전에 해제됩니다`,
  timerWaker: (timer, who) => `${eun(timer)} 이제부터 ${eul(who)} 깨웁니다`,
  clockJump: (length, to) => `달리 일어날 일이 없습니다. 가상 시계가 ${length}를 건너뛰어 ${to}가 됩니다`,
  sourceAdd: (id, label) => `${eul(say.source(id, label))} 등록합니다`,
  sourceDel: (source) => `${source}의 등록을 해제합니다`,
  news: (source, news) => `${source}의 새 소식: ${news.join(", ")}`,
  canRead: "읽을 수 있음",
  canWrite: "쓸 수 있음",
  noMoreSent: "상대가 더 보내지 않음",
  noMoreTaken: "상대가 더 받지 않음",
  notReady: (source, verb) =>
    isRead(verb) ? `${source}에 더 읽을 것이 없습니다` : `${source}에 지금은 더 쓸 수 없습니다`,
  waitsFor: (who, what, loc) => `${i(who)} ${loc}에서 ${eul(what)} 기다립니다`,
  ioTry: (who, verb, source, result) =>
    `${i(who)} ${isRead(verb) ? `${source}에서 읽기` : `${source}에 쓰기`}를 시도합니다: ${result}`,
  wentThrough: (bytes) => `${thousands(bytes)}바이트가 오갔습니다`,
  tried: (result) => TRIED[result] ?? result,
  looks: "루프가 준비된 소스가 있는지 살펴봅니다",
  parks: (limit) => `준비된 것이 없습니다. 루프가 최대 ${limit} 동안 기다립니다`,
  parksForEver: "준비된 것이 없습니다. 루프가 기한 없이 기다립니다",
  goesOn: (after, what) => `루프가 ${after}다시 움직입니다: ${what}`,
  nothingCame: "온 것이 없습니다",
  threadNews: "다른 스레드에서 소식이 왔습니다",
  sourceNews: (ready) => `소스 ${thousands(ready)}개에서 소식이 왔습니다`,
  bothNews: (ready) => `소스 ${thousands(ready)}개와 다른 스레드에서 소식이 왔습니다`,

  // 자원.
  resNew: (title, loc, cap) => {
    const facts = [loc === null ? "" : `만든 곳 ${loc}`, cap === null ? "" : `자리 ${thousands(cap)}개`].filter(
      Boolean,
    );
    return `${i(title)} 루프에 알려집니다${facts.length === 0 ? "" : `(${facts.join(", ")})`}`;
  },
  resName: (title, name) => `${title}의 이름이 이제 ${quoted(name)}입니다`,
  gone: (title) => `${i(title)} 사라졌습니다`,
  toBeginWith: (title, now) => `${title}의 처음 상태: ${now}`,
  resState: (op, title, who, now) => `${i(who)} ${title}에 ${eul(op)} 합니다: ${now}`,
  wokenInVain: (who, what, loc) => `${i(who)} 헛되이 깨어나, ${loc}에서 계속 ${eul(what)} 기다립니다`,
  leavesLine: (who, what) => `${i(who)} ${what}의 줄을 떠납니다`,
  something: "무언가",
  held: "잠겨 있음",
  free: "비어 있음",
  permits: (free, held) => `남은 허가 ${thousands(free)}개, 나간 허가 ${thousands(held)}개`,
  set: "켜져 있음",
  clear: "꺼져 있음",
  cancelledToken: "취소됨",
  uncancelled: "취소되지 않음",
  hasOutcome: "결과가 있음",
  noOutcome: "아직 결과가 없음",
  barrier: (come, missing) => `${thousands(come)}개가 왔고 ${thousands(missing)}개가 남음`,
  queueHas: (len, cap, unfinished) =>
    `${cap === null ? "" : `자리 ${thousands(cap)}개 중 `}${thousands(len)}개가 들어 있고, 처리가 끝나지 않은 것은 ${thousands(unfinished)}개`,
  has: (len, toCome) => `${thousands(len)}개가 들어 있고, 올 것은 ${thousands(toCome)}개`,
  unknown: (kind, fields) => `${kind}${fields.length === 0 ? "" : `(${fields.join(", ")})`}`,

  // 태스크가 실행된 까닭: 모두 "때문"으로 끝난다.
  root: "이 실행의 루트이기 때문",
  beforeRecording: "기록이 시작되기 전의 일 때문",
  wokeItself: "스스로를 깨웠기 때문",
  threadWoke: "다른 스레드가 깨웠기 때문",
  loopWoke: "루프가 깨웠기 때문",
  spawned: (creator, loc) => `${loc}에서 ${by(creator)}${creator === null ? "만들어졌기" : "만들었기"} 때문`,
  timerFired: (timer, late, loc, armer) =>
    `${armer === null ? "" : `${i(armer)} 맞춘 `}${i(timer)} ${late === null ? "" : `${late} 늦게 `}만료되었기 때문(${loc}의 sleep)`,
  sourceReady: (source, op, loc) => `${i(source)} 준비되었기 때문(${loc}의 ${op})`,
  resourceDone: (op, title, doer, wanted, loc) =>
    `${i(doer ?? "루프")} ${title}에 ${eul(op)} 했기 때문(${loc}의 ${wanted})`,
  somethingDone: "어떤 일",
  hadEnded: (target, loc) => `${i(target)} 끝났기 때문(${loc}의 await)`,
  wasWoken: (waker) => `${by(waker)}${waker === null ? "깨워졌기" : "깨웠기"} 때문`,
  wasCancelled: (asker) => `${by(asker)}${asker === null ? "취소되었기" : "취소했기"} 때문`,
  itself: "자신",
};
