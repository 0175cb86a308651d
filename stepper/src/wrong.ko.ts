// What is wrong with a recording, in Korean.

import { eun, i } from "./josa.ts";
import type { Wrong } from "./messages.ts";

const task = (label: string) => `태스크 ${label}`;
const timer = (number: number) => `타이머 ${number}`;
const source = (number: number) => `소스 ${number}`;
const waiter = (number: number) => `대기자 ${number}`;
const resource = (number: number) => `자원 ${number}`;

export const wrong: Wrong = {
  atByte: (problem, byte) => `${problem} (${byte}번째 바이트)`,
  cut: (part) => `트레이스가 잘렸습니다: ${i(part)} 온전하지 않습니다`,
  parts: {
    header: "헤더",
    run: "마지막 실행",
    block: "마지막 블록",
    index: "색인",
    event: "이벤트",
    text: "문자열",
  },
  longNumber: "64비트를 넘는 수가 있습니다",
  noBase64: "이 페이지의 기록이 손상되었습니다: base64가 아닙니다",
  noTrace: '버전 1의 glassloop 트레이스가 아닙니다: "GLT1"로 시작하지 않습니다',
  badHeader: "헤더를 읽을 수 없습니다",
  otherHeader: "glassloop 트레이스의 헤더가 아닙니다",
  version: (version) => `버전이 ${version}인 트레이스입니다. 이 페이지는 버전 1을 읽습니다`,
  noSchema: "헤더에 스키마가 없습니다",
  badSchema: "헤더의 스키마를 읽을 수 없습니다",
  badField: (kind) => `헤더의 스키마를 읽을 수 없습니다: ${kind}의 필드`,
  otherSchema: (kind, field) => `헤더의 스키마가 다른 버전입니다: ${kind}에 ${i(field)} 없습니다`,
  section: (type) => `알 수 없는 유형 ${type}의 구역이 있습니다`,
  noFirst: "첫 이벤트의 번호가 없는 블록이 있습니다",
  noUtf8: "UTF-8이 아닌 문자열이 있습니다",
  kind: (code) => `알 수 없는 종류 ${code}의 이벤트가 있습니다`,
  field: (name) => `필드 "${name}"의 값이 있을 수 없는 값입니다`,
  firstEvents: "블록들의 첫 이벤트 번호가 있을 수 없는 값입니다",
  notGrowing: "블록들의 첫 이벤트 번호가 커지지 않습니다",
  blockCount: "번호가 약속한 만큼의 이벤트가 없는 블록이 있습니다",
  blockLong: "안에 든 것보다 긴 블록이 있습니다",
  otherBeginning: "두 기록이 같은 이벤트에서 시작하지 않습니다",

  event: (seq, kind, why) => `이벤트 ${seq}(${kind})은 일어날 수 없습니다: ${why}`,
  state: (seq, why) => `이벤트 ${seq} 앞의 상태는 있을 수 없습니다: ${why}`,
  missing: (count) => `이벤트 ${count}개가 빠져 있어 상태를 알 수 없습니다`,
  nobody: "누구의 것인지 적혀 있지 않습니다",
  gatherGone: "그 gather가 이미 없습니다",
  polled: (label) => `${i(task(label))} 폴링되고 있습니다`,
  otherPolled: "다른 태스크가 폴링되고 있습니다",
  awaited: (label) => `누군가 이미 ${task(label)}의 끝을 기다리고 있습니다`,
  born: (label) => `${eun(task(label))} 이미 만들어졌습니다`,
  queued: (label) => `${eun(task(label))} 이미 실행 큐에 있습니다`,
  emptyQueue: "실행 큐가 비어 있습니다",
  front: (label) => `맨 앞에는 ${i(task(label))} 있습니다`,
  effect: (effect) => `그 결과는 ${effect}이어야 합니다`,
  clones: (count) => `복제된 웨이커는 ${count}개였습니다`,
  notAsked: "아무도 그것을 요청하지 않았습니다",
  dead: (label) => `${eun(task(label))} 살아 있지 않습니다`,
  armed: (id) => `${eun(timer(id))} 이미 걸려 있습니다`,
  notArmed: (id) => `${eun(timer(id))} 걸려 있지 않습니다`,
  place: (id, place) => `${eun(timer(id))} ${place}에 있습니다`,
  cascade: "캐스케이드는 아래 단계로만 갑니다",
  notDue: (id) => `${eun(timer(id))} 아직 만료되지 않았습니다`,
  backwards: "시간은 거꾸로 흐르지 않습니다",
  registered: (id) => `${eun(source(id))} 이미 등록되어 있습니다`,
  notRegistered: (id) => `${eun(source(id))} 등록되어 있지 않습니다`,
  inUse: (id) => `누군가 ${source(id)}에서 기다리고 있습니다`,
  notReady: "준비되어 있지 않았습니다",
  notNew: "새로운 것만 알려야 합니다",
  waiter: (id) => `${eun(waiter(id))} 이미 있습니다`,
  noWaiter: (id) => `${eun(waiter(id))} 없습니다`,
  notWaiting: (id) => `${eun(waiter(id))} 기다리고 있지 않습니다`,
  resource: (id) => `${eun(resource(id))} 이미 만들어졌습니다`,
  noResource: (id) => `${eun(resource(id))} 알려져 있지 않습니다`,
};
