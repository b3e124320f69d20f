/**
 * Golden traces: each story as its events, one per line, and the effects each one gave. Rewrite
 * with `node --test --test-update-snapshots`.
 */
import { test } from "node:test";
import { ExchangeScript, type ScriptOptions } from "./exchange-script.ts";

const get = "GET / HTTP/1.1|Host: a||";
const parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";
const ok = "HTTP/1.1 200 OK|Content-Length: 2||ok";

interface Story extends ScriptOptions {
  readonly lines: readonly string[];
}

const stories: Readonly<Record<string, Story>> = {
  "keep-alive": {
    lines: [
      `0 client ${get}`,
      "1 opened 1",
      `9 upstream 1 ${ok}`,
      `20 client ${get}`,
      "21 opened 2",
      `29 upstream 2 ${ok}`,
      "30 clientEnd",
    ],
  },
  pipelined: {
    lines: [
      `0 client ${get}GET /2 HTTP/1.1|Host: a|Connection: close||${get}`,
      "1 opened 1",
      `9 upstream 1 ${ok}`,
      "10 opened 2",
      `19 upstream 2 ${ok}`,
    ],
  },
  retry: {
    lines: [
      "0 client PUT / HTTP/1.1|Host: a|Content-Length: 4||ab",
      "1 openFailed 1",
      "2 opened 2",
      "3 client cd",
      "9 upstream 2 HTTP/1.1 503 Busy|Content-Length: 0||",
      "100 tick",
      "110 opened 3",
      `119 upstream 3 ${ok}`,
    ],
  },
  "retry-after": {
    lines: [
      `0 client ${get}`,
      "1 opened 1",
      "2 upstream 1 HTTP/1.1 429 Slow Down|Retry-After: 1|Content-Length: 0||",
      "1001 tick",
      "1002 tick",
      "1003 opened 2",
      "1004 upstream 2 HTTP/1.1 503 Busy|Retry-After: 60|Content-Length: 0||",
    ],
  },
  "no-retry": {
    lines: [
      "0 client POST / HTTP/1.1|Host: a|Content-Length: 2||ab",
      "1 opened 1",
      "2 upstreamGone 1",
      `3 client ${get}`,
      "4 opened 2",
      "5 upstream 2 HTTP/1.1 200 OK|Content-Length: 9||short",
      "6 upstreamEnd 2",
    ],
  },
  "nobody-there": { endpoints: [], lines: [`0 client HEAD${get.slice(3)}`, "1 clientGone"] },
  timeouts: {
    timeouts: { openMs: 100, tryMs: 1000, requestMs: 1500, headMs: 50, idleMs: 5000 },
    lines: [
      `0 client ${get}`,
      "100 tick",
      "110 opened 2",
      "1110 tick",
      "1160 tick",
      "1170 opened 3",
      "1500 tick",
      "1510 client GET",
      "1560 tick",
    ],
  },
  websocket: {
    lines: [
      "0 client GET /ws HTTP/1.1|Host: a|Connection: Upgrade|Upgrade: websocket||early",
      "1 opened 1",
      "5 upstream 1 HTTP/1.1 101 Switching|Upgrade: websocket||hello",
      "6 client frame",
      "7 clientEnd",
      "8 upstream 1 bye",
      "9 upstreamEnd 1",
    ],
  },
  "expect-continue": {
    lines: [
      "0 client POST / HTTP/1.1|Host: a|Content-Length: 2|Expect: 100-continue||",
      "1 opened 1",
      "2 upstream 1 HTTP/1.1 100 Continue||",
      "3 client ab",
      `4 upstream 1 ${ok}`,
    ],
  },
  "early-answer": {
    lines: [
      "0 client POST / HTTP/1.1|Host: a|Content-Length: 2000||ab",
      "1 opened 1",
      "2 upstream 1 HTTP/1.1 413 Too Large|Content-Length: 0||",
    ],
  },
  "server-sent-events": {
    lines: [
      `0 client ${get}`,
      "1 opened 1",
      "2 upstream 1 HTTP/1.1 200 OK|Content-Type: text/event-stream||data: 1||",
      "9000 clientFull",
      "9001 upstream 1 data: 2||",
      "9002 clientDrained",
      "9003 upstreamEnd 1",
    ],
  },
  smuggling: {
    lines: [
      `0 client ${get}POST / HTTP/1.1|Host: a|Content-Length: 4|Transfer-Encoding: chunked||0||`,
      "1 opened 1",
      `9 upstream 1 ${ok}`,
    ],
  },
  "back-pressure": {
    lines: [
      `0 client POST / HTTP/1.1|Host: a|Content-Length: 20||ab`,
      "1 opened 1",
      "2 upstreamFull 1",
      "3 client cd",
      "4 upstreamDrained 1",
      "5 clientGone",
    ],
  },
  traced: {
    traceShare: 1,
    lines: [
      `0 client GET /a?b HTTP/1.1|Host: a|traceparent: ${parent}-01||`,
      "1 opened 1",
      `9 upstream 1 ${ok}`,
      `20 client GET / HTTP/1.1|Host: a|traceparent: ${parent}-00||`,
      "21 opened 2",
      "22 clientGone",
    ],
  },
};

for (const [name, { lines, ...options }] of Object.entries(stories)) {
  test(`trace: ${name}`, (t) => {
    const script = new ExchangeScript(options);
    t.assert.fileSnapshot(script.trace(lines), `${import.meta.dirname}/testdata/${name}.txt`, {
      serializers: [String],
    });
  });
}
