import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, seededRandom } from "@beemesh/base";
import fc from "fast-check";
import { bytesOf, joinBytes, textOf } from "./ascii.ts";
import { Balancer } from "./balancer.ts";
import { HttpExchange } from "./exchange.ts";
import { defaultTimeouts, type ExchangeEffect } from "./exchange-event.ts";
import { ExchangeScript } from "./exchange-script.ts";
import { replayBytesMax, triesMax } from "./retry.ts";
import { RetryBudget } from "./retry-budget.ts";

const get = "GET / HTTP/1.1|Host: a||";
const none = { share: 0, perSecondMin: 0 };
const ok = "HTTP/1.1 200 OK|Content-Length: 2||ok";

/** Runs lines, and gives the words that the effects of the last one begin with. */
function kindsAfter(script: ExchangeScript, ...lines: readonly string[]): string[] {
  const effects = lines.map((line) => script.run(line)).at(-1) ?? [];
  return effects
    .map((line) => /^(?:note \{"kind":")?(\w+)/u.exec(line)?.[1] ?? "")
    .filter((kind) => kind !== "wake");
}

const statusOf = (script: ExchangeScript): string => script.written().slice(9, 12);

describe("HttpExchange", () => {
  test("gives each request of a connection to the endpoint that is best for it", () => {
    const script = new ExchangeScript({ endpoints: ["u1", "u2"] });
    for (let request = 1; request <= 40; request += 1) {
      script.run(`${request * 10} client ${get}`);
      script.run(`${request * 10 + 1} opened ${request}`);
      script.run(`${request * 10 + 5} upstream ${request} ${ok}`);
    }
    const uids = script.effects.flatMap((effect) => (effect.kind === "open" ? [effect.uid] : []));
    assert.equal(uids.length, 40);
    assert(uids.filter((uid) => uid === "u1").length > 10);
    assert(uids.filter((uid) => uid === "u2").length > 10);
  });

  test("tries a POST again that was never sent, and no other", () => {
    const post = "POST / HTTP/1.1|Host: a|Content-Length: 0||";
    const unsent = new ExchangeScript();
    assert.deepEqual(kindsAfter(unsent, `0 client ${post}`, "1 openFailed 1"), [
      "close",
      "retry",
      "open",
    ]);
    const refused = new ExchangeScript();
    kindsAfter(refused, `0 client ${post}`, "1 opened 1");
    assert.deepEqual(kindsAfter(refused, "2 openFailed 1"), ["close", "retry", "open"]);
    const sent = new ExchangeScript();
    kindsAfter(sent, `0 client ${post}`, "1 opened 1", "2 upstreamGone 1");
    assert.equal(statusOf(sent), "502");
  });

  test("what is full is no worse for it: nobody is left out, and the next one is asked", () => {
    const script = new ExchangeScript({ endpoints: ["u1", "u2"] });
    for (let request = 0; request < 20; request += 1) {
      const opened = script.effects.filter(({ kind }) => kind === "open").length + 1;
      script.run(`${request} client ${get}`);
      assert.deepEqual(kindsAfter(script, `${request} openFailed ${opened} full`), [
        "close",
        "retry",
        "open",
      ]);
      script.run(`${request} opened ${opened + 1}`);
      script.run(`${request} upstream ${opened + 1} ${ok}`);
    }
    assert.equal(script.balancer.ejectedAt(instantAt(20)), 0);
    const alone = new ExchangeScript({ endpoints: ["u1"], budget: new RetryBudget(none) });
    kindsAfter(alone, `0 client ${get}`, "1 openFailed 1 full");
    assert.match(alone.written(), /^HTTP\/1\.1 503 [^]*connection_limit_reached/u);
  });

  test("passes a 503 on when it was the last try, as it came", () => {
    const script = new ExchangeScript();
    const busy = "HTTP/1.1 503 Busy|Retry-After: 9|Content-Length: 2||no";
    script.run(`0 client ${get}`);
    for (const id of [1, 2, 3]) {
      script.run(`${id} opened ${id}`);
      script.run(`${id} upstream ${id} ${busy}`);
    }
    assert.equal(script.written(), busy.replaceAll("|", "\r\n"));
  });

  test("does not try again without budget", () => {
    const budget = new RetryBudget({ share: 0, perSecondMin: 0 });
    const script = new ExchangeScript({ budget });
    kindsAfter(script, `0 client ${get}`, "1 openFailed 1");
    assert.equal(statusOf(script), "502");
  });

  test("tells of an endpoint that is left out", () => {
    const script = new ExchangeScript({ endpoints: ["u1", "u2", "u3", "u4"] });
    const kinds = Array.from({ length: 30 }, (_, request) =>
      kindsAfter(
        script,
        `0 client POST / HTTP/1.1|Host: a||`,
        `1 opened ${request + 1}`,
        `2 upstreamGone ${request + 1}`,
      ),
    );
    assert.equal(kinds.flat().filter((kind) => kind === "ejected").length, 2, "half of four");
  });

  test("keeps no more of a large body than another try is worth", () => {
    const script = new ExchangeScript();
    const { exchange } = script;
    script.run(`0 client PUT / HTTP/1.1|Host: a|Content-Length: 9000000||`);
    assert.deepEqual(kindsAfter(script, `1 client ${"x".repeat(replayBytesMax)}`), ["pauseClient"]);
    assert.equal(exchange.keptBytes, replayBytesMax);
    assert.deepEqual(kindsAfter(script, "2 opened 1").slice(-1), ["resumeClient"]);
    assert.deepEqual(kindsAfter(script, "3 client yy"), ["toUpstream"]);
    assert.equal(exchange.keptBytes, 0);
    kindsAfter(script, "4 upstreamGone 1");
    assert.equal(statusOf(script), "502", "what is forgotten cannot be sent again");
  });

  test("reads a client no further than it can be answered", () => {
    const script = new ExchangeScript();
    const lines = [`0 client ${get}`, `1 client ${get.repeat(3000)}`];
    assert.deepEqual(kindsAfter(script, ...lines), ["pauseClient"]);
    const deaf = new ExchangeScript({ endpoints: [] });
    assert.deepEqual(kindsAfter(deaf, "0 clientFull"), ["pauseClient"]);
  });

  test("answers what is cut off in the middle, and ends", () => {
    for (const text of ["GET / HT", "POST / HTTP/1.1|Host: a|Content-Length: 9||ab"]) {
      const script = new ExchangeScript();
      const kinds = kindsAfter(script, `0 client ${text}`, "1 clientEnd");
      assert.equal(statusOf(script), "400", text);
      assert.deepEqual(kinds.slice(-2), ["endClient", "over"]);
    }
  });

  test("still answers a client that has ended its half", () => {
    const script = new ExchangeScript();
    kindsAfter(script, `0 client ${get}${get}`, "1 clientEnd", "2 opened 1", `3 upstream 1 ${ok}`);
    const passed = kindsAfter(script, "4 opened 2");
    assert.deepEqual(passed, ["toUpstream", "endUpstream"], "after the last of its requests");
    const kinds = kindsAfter(script, `5 upstream 2 ${ok}`);
    assert.deepEqual(kinds, ["toClient", "done", "close", "endClient", "over"]);
  });

  test("breaks off what an endpoint breaks off", () => {
    const script = new ExchangeScript();
    const chunked = "HTTP/1.1 200 OK|Transfer-Encoding: chunked||3|abc|";
    kindsAfter(script, `0 client ${get}`, "1 opened 1", `2 upstream 1 ${chunked}`);
    const kinds = kindsAfter(script, "3 upstreamEnd 1");
    assert.deepEqual(kinds, ["done", "close", "resetClient", "over"]);
  });

  test("answers 502 to what is no HTTP, and does not ask again", () => {
    const script = new ExchangeScript();
    kindsAfter(script, `0 client ${get}`, "1 opened 1", "2 upstream 1 SSH-2.0||");
    assert.equal(statusOf(script), "502");
    assert(
      !script.effects.some((effect) => effect.kind === "note" && effect.note.kind === "retry"),
    );
  });

  test("gives no connection back that has said too much", () => {
    const script = new ExchangeScript();
    const kinds = kindsAfter(script, `0 client ${get}`, "1 opened 1", `2 upstream 1 ${ok}HTTP`);
    assert.deepEqual(kinds, ["toClient", "done", "close", "endClient", "over"]);
  });

  test("does not listen to a connection that was given up", () => {
    const script = new ExchangeScript({ timeouts: { openMs: 10 } });
    kindsAfter(script, `0 client ${get}`, "10 tick");
    for (const line of ["11 opened 1", `12 upstream 1 ${ok}`, "13 upstreamGone 1"]) {
      assert.deepEqual(kindsAfter(script, line), []);
    }
    kindsAfter(script, "14 opened 2", `15 upstream 2 ${ok}`);
    assert.equal(statusOf(script), "200");
  });

  test("does nothing once it is over", () => {
    const script = new ExchangeScript();
    script.run("0 clientGone");
    assert(script.exchange.isOver);
    assert.deepEqual(script.run(`1 client ${get}`), []);
  });
});

const requests = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
    "3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
];
const responses = [
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  "HTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
];

/** `bytes` in pieces of random lengths. */
function piecesOf(bytes: Uint8Array, random: { below(bound: number): number }): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(random.below(2) === 0 ? 4 : 60);
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

describe("HttpExchange and any bytes in any pieces", () => {
  test("passes every request and every response unchanged, and in order", () => {
    const indexes = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(indexes, fc.nat(), (asked, seed) => {
        const texts = asked.map((index) => requests[index] ?? "");
        const answers = asked.map((index, at) =>
          index === 1
            ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
            : (responses[(index + at) % 4] ?? ""),
        );
        const { sent, received } = conversation(texts.join(""), answers, seed);
        assert.deepEqual(sent, texts);
        assert.equal(received, answers.join(""));
      }),
      { numRuns: 300 },
    );
  });
});

/** Plays client and endpoints at once, each writing its pieces when it may, in a random order. */
function conversation(
  client: string,
  answers: readonly string[],
  seed: number,
): { readonly sent: readonly string[]; readonly received: string } {
  const random = seededRandom(seed);
  const balancer = new Balancer();
  const now = { at: instantAt(0), wallMs: 0 };
  balancer.update([{ uid: "u1" }, { uid: "u2" }], now.at);
  const budget = new RetryBudget();
  const options = {
    balancer,
    budget,
    random,
    timeouts: defaultTimeouts,
    triesMax,
    traceShare: undefined,
  };
  const exchange = new HttpExchange(options, now);
  const toSend = piecesOf(bytesOf(client), random);
  const sent: Uint8Array[][] = [];
  const received: Uint8Array[] = [];
  let answer: Uint8Array[] = [];
  let opening = 0;
  const perform = (effects: readonly ExchangeEffect[]): void => {
    for (const effect of effects) {
      if (effect.kind === "open") opening = effect.id;
      if (effect.kind === "toUpstream") sent[effect.id - 1]?.push(effect.bytes);
      if (effect.kind === "toClient") received.push(effect.bytes);
      if (effect.kind === "release") assert.equal(effect.id, sent.length);
    }
  };
  const isWhole = (): boolean => {
    const last = textOf(joinBytes(sent.at(-1) ?? []));
    return requests.includes(last);
  };
  for (let turn = 0; turn < 10_000; turn += 1) {
    const piece = toSend[0];
    if (opening > 0 && random.below(3) === 0) {
      sent.push([]);
      answer = piecesOf(bytesOf(answers[opening - 1] ?? ""), random);
      const id = opening;
      opening = 0;
      perform(exchange.step({ kind: "opened", id }, now));
    } else if (piece !== undefined && random.below(2) === 0) {
      toSend.shift();
      perform(exchange.step({ kind: "client", bytes: piece }, now));
    } else if (answer.length > 0 && isWhole()) {
      const bytes = answer.shift() ?? new Uint8Array(0);
      perform(exchange.step({ kind: "upstream", id: sent.length, bytes }, now));
    }
  }
  return {
    sent: sent.map((pieces) => textOf(joinBytes(pieces))),
    received: textOf(joinBytes(received)),
  };
}
