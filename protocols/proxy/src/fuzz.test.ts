/**
 * A hundred thousand inputs for each that reads bytes from outside: well-formed traffic with
 * things broken in it, and noise. Nothing throws, nothing grows without bound, and what was
 * refused stays refused. `BEEMESH_FUZZ_SEED=… node --test …` repeats a run.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { instantAt, type Random, seededRandom } from "@beemesh/base";
import { bytesOf, joinBytes, textOf } from "./ascii.ts";
import { Balancer } from "./balancer.ts";
import { HttpExchange } from "./exchange.ts";
import { defaultTimeouts, type ExchangeEffect, type ExchangeEvent } from "./exchange-event.ts";
import { mergePages } from "./metric-page.ts";
import { requestReader } from "./request-reader.ts";
import { ResponseReader } from "./response-reader.ts";
import { triesMax } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";
import { http2Preface, sniff } from "./sniff.ts";

const inputs = 100_000;
const seed = Number(process.env["BEEMESH_FUZZ_SEED"] ?? 20_261_128);

const requests = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "HEAD / HTTP/1.0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\n' +
    "hello\r\n0\r\nT: v\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
  "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nraw",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
].map(bytesOf);
const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n\x81\x00",
  "HTTP/1.0 200 OK\r\n\r\nuntil the end",
].map(bytesOf);
const others = [
  bytesOf("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
  bytesOf('a{b="c"} 1\n# TYPE a counter\n'),
  joinBytes([
    http2Preface,
    Uint8Array.from([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2, 1, 5, 0, 0, 0, 1, 0x82, 0x86]),
  ]),
];
const all = [...requests, ...responses, ...others];

/** One input: some of the sources, with bytes changed, put in, taken out or said twice. */
function inputOf(random: Random, sources: readonly Uint8Array[]): Uint8Array {
  const chosen = Array.from(
    { length: 1 + random.below(3) },
    () => sources[random.below(sources.length)],
  );
  let bytes = joined(...chosen.flatMap((source) => source ?? []));
  for (let changes = random.below(2) * random.below(5); changes > 0; changes -= 1) {
    const at = random.below(bytes.length);
    const until = Math.min(bytes.length, at + random.below(8));
    const put = bytesOf("\0\r\n :;,\t0fF-\xff{").subarray(random.below(14)).subarray(0, 1);
    const change = random.below(4);
    if (change === 0) bytes[at] = random.below(256);
    else if (change === 1) bytes = joined(bytes.subarray(0, at), put, bytes.subarray(at));
    else if (change === 2) bytes = joined(bytes.subarray(0, at), bytes.subarray(until));
    else bytes = joined(bytes.subarray(0, until), bytes.subarray(at));
    if (bytes.length === 0) bytes = Uint8Array.from([random.below(256)]);
  }
  return bytes;
}

function joined(...pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(joinBytes(pieces));
}

/** Reads an input in two pieces; gives how it ended, the same for any place of the cut. */
function readWith(
  reader: ReturnType<typeof requestReader> | ResponseReader,
  bytes: Uint8Array,
  cut: number,
): string {
  let kinds = "";
  const queue = [bytes.subarray(0, cut), bytes.subarray(cut)];
  for (let piece = queue.shift(); piece !== undefined; piece = queue.shift()) {
    for (const part of reader.read(piece)) {
      if (part.kind === "rest") queue.unshift(part.bytes);
      else if (!kinds.endsWith(`${part.kind} `)) kinds += `${part.kind} `;
    }
  }
  return kinds;
}

function fuzzReaders(bytes: Uint8Array, random: Random): string {
  const cut = random.below(bytes.length + 1);
  const whole = readWith(requestReader(), bytes, 0);
  assert.equal(readWith(requestReader(), bytes, cut), whole);
  const [asked] = requestReader().read(requests[random.below(6)] ?? new Uint8Array(0));
  const answers = [0, cut].map((at) => {
    const reader = new ResponseReader();
    if (asked?.kind === "head") reader.expect(asked.head);
    return readWith(reader, bytes, at);
  });
  assert.equal(answers[0], answers[1]);
  sniff(bytes.subarray(0, 24));
  return `${whole}${answers[0]}`;
}

const balancer = new Balancer();
const budget = new RetryBudget();

/** Feeds an exchange with inputs and with every event there is; checks what comes out. */
function fuzzExchange(random: Random, now: number): string {
  balancer.update([{ uid: "u1" }, { uid: "u2" }, { uid: `u${random.below(9)}` }], instantAt(now));
  const options = {
    balancer,
    budget,
    random,
    timeouts: defaultTimeouts,
    triesMax,
    traceShare: 0.5,
  };
  const exchange = new HttpExchange(options, { at: instantAt(now), wallMs: now });
  let open = 0;
  let isClientOpen = true;
  let kinds = "";
  const check = (effects: readonly ExchangeEffect[]): void => {
    for (const effect of effects) {
      kinds += `${effect.kind === "note" ? effect.note.kind : effect.kind} `;
      if (effect.kind === "open") {
        assert.equal(open, 0, "one connection at a time");
        open = effect.id;
      } else if ("id" in effect) assert.equal(effect.id, open, "only the connection that is open");
      if (effect.kind === "close" || effect.kind === "release") open = 0;
      if (effect.kind === "toClient") assert(isClientOpen, "nothing after the end");
      if (effect.kind === "endClient" || effect.kind === "resetClient") isClientOpen = false;
    }
    if (exchange.isOver) assert.equal(open, 0, "nothing is left open");
    assert(exchange.keptBytes < 200_000);
  };
  for (let step = 0; step < 7; step += 1) {
    check(exchange.step(eventOf(random, open), { at: instantAt(now + step), wallMs: now }));
  }
  check(exchange.step({ kind: "clientGone" }, { at: instantAt(now + 19), wallMs: now }));
  assert(exchange.isOver);
  return kinds;
}

const plain = ["clientEnd", "clientGone", "clientFull", "clientDrained", "tick"] as const;
const ofUpstream = [
  "openFailed",
  "upstreamEnd",
  "upstreamGone",
  "upstreamFull",
  "upstreamDrained",
] as const;

function eventOf(random: Random, open: number): ExchangeEvent {
  const id = random.below(30) === 0 ? random.below(9) : open;
  const choice = random.below(20);
  if (choice < 2) return { kind: plain[random.below(5)] ?? "tick" };
  if (choice < 4) return { kind: ofUpstream[random.below(5)] ?? "upstreamEnd", id };
  if (open === 0) return { kind: "client", bytes: inputOf(random, requests) };
  if (choice < 8) return { kind: "opened", id };
  if (choice < 18) return { kind: "upstream", id, bytes: inputOf(random, responses) };
  return { kind: "client", bytes: inputOf(random, all) };
}

test(`whatever comes in ${inputs} inputs, seed ${seed}`, (t) => {
  const random = seededRandom(seed);
  const reached = new Map<string, number>();
  const reach = (kinds: string): void => {
    for (const kind of new Set(kinds.split(" "))) reached.set(kind, (reached.get(kind) ?? 0) + 1);
  };
  for (let input = 0; input < inputs; input += 1) {
    try {
      reach(fuzzReaders(inputOf(random, all), random));
      reach(fuzzExchange(random, input * 20));
      mergePages([{ labels: { a: "b" }, text: textOf(inputOf(random, others)) }]);
    } catch (error) {
      t.diagnostic(`seed ${seed}, input ${input}`);
      throw error;
    }
  }
  t.diagnostic(`seed ${seed}: ${[...reached].map((entry) => entry.join(" ")).join(", ")}`);
  for (const kind of "head body end malformed raw open release retry done span resetClient".split(
    " ",
  )) {
    assert((reached.get(kind) ?? 0) > 20, `the inputs reach ${kind}`);
  }
});
