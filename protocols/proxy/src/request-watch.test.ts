import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, type Now, seededRandom } from "@beemesh/base";
import fc from "fast-check";
import { bytesOf } from "./ascii.ts";
import { RequestWatch } from "./request-watch.ts";
import type { Span } from "./span.ts";

const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = "00f067aa0ba902b7";
const traced = `traceparent: 00-${trace}-${parent}-01\r\n`;
const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const now = (at: number): Now => ({ at: instantAt(at), wallMs: 1000 + at });

/** What is seen of a conversation whose both sides come in pieces of so many bytes. */
function watch(asked: string, answered: string, size = 1 << 20): readonly Span[] {
  const one = new RequestWatch(seededRandom(1));
  for (let at = 0; at < asked.length; at += size) {
    one.toProgram(bytesOf(asked.slice(at, at + size)), now(5));
  }
  const spans: Span[] = [];
  for (let at = 0; at < answered.length; at += size) {
    spans.push(...one.fromProgram(bytesOf(answered.slice(at, at + size)), now(12)));
  }
  return spans;
}

describe("RequestWatch", () => {
  test("gives a span of each traced request, and none of others", () => {
    const bad = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    const asked = get("/a?secret", traced) + get("/plain") + get("/b", traced);
    for (const size of [1, 7, 1 << 20]) {
      const spans = watch(asked, ok + ok + bad, size);
      assert.deepEqual(
        spans.map(({ kind, attributes, isError }) => [kind, attributes["url.path"], isError]),
        [
          ["server", "/a", false],
          ["server", "/b", true],
        ],
      );
      const [span] = spans;
      assert.deepEqual([span?.context.traceId, span?.parentSpanId], [trace, parent]);
      assert.deepEqual([span?.startWallMs, span?.durationMs], [1005, 7]);
    }
  });

  test("does not follow what is no HTTP, is one no more, or is said by nobody's leave", () => {
    for (const asked of [
      "SSH-2.0-x\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "GET / HTTP/1.1\r\n \r\n",
    ]) {
      assert.deepEqual(watch(asked, ok), []);
    }
    const upgrade = get("/", `${traced}Connection: Upgrade\r\nUpgrade: websocket\r\n`);
    const switching = "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    assert.deepEqual(watch(upgrade, `${switching}${ok}`), []);
    assert.deepEqual(watch("", ok), []);
    const many = new RequestWatch(seededRandom(1));
    many.toProgram(bytesOf(get("/").repeat(65)), now(0));
    assert(many.isLost);
  });

  test("takes any bytes of both sides", () => {
    const piece = fc.oneof(
      fc.constantFrom(get("/", traced), ok, "HTTP/1.1 100 Continue\r\n\r\n", "GET ", "\r\n"),
      fc.string(),
    );
    // Half of the conversations begin well, so that there is something to see.
    const began = fc.constantFrom<[boolean, string][]>(
      [],
      [
        [true, get("/", traced)],
        [false, ok],
      ],
    );
    let seen = 0;
    fc.assert(
      fc.property(began, fc.array(fc.tuple(fc.boolean(), piece)), (first, rest) => {
        const said = [...first, ...rest];
        const one = new RequestWatch(seededRandom(1));
        for (const [isAsked, text] of said) {
          if (isAsked) one.toProgram(bytesOf(text), now(0));
          else seen += one.fromProgram(bytesOf(text), now(1)).length;
        }
      }),
      { numRuns: 2000 },
    );
    assert(seen > 500, `${seen} spans`);
  });
});
