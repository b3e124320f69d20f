/**
 * The reader against RFC 9112, against every way to cut its input, and against Node's own parser.
 */
import assert from "node:assert/strict";
import { createServer, type IncomingMessage } from "node:http";
import { Duplex } from "node:stream";
import { describe, test } from "node:test";
import fc from "fast-check";
import { bytesOf, joinBytes, textOf } from "./ascii.ts";
import type { HttpHead } from "./http-head.ts";
import type { HttpPart } from "./http-reader.ts";
import { requestReader } from "./request-reader.ts";

interface Reader {
  read(chunk: Uint8Array): HttpPart<HttpHead>[];
}

/**
 * What a reader makes of pieces: each part as a word and its text, neighbouring bodies joined. What
 * follows the last message of a connection is left, as any proxy leaves it.
 */
function partsOf(reader: Reader, pieces: readonly Uint8Array[]): string[] {
  const said: string[] = [];
  const queue = [...pieces];
  let isLast = false;
  for (let piece = queue.shift(); piece !== undefined; piece = queue.shift()) {
    for (const part of reader.read(piece)) {
      if (part.kind === "head") isLast = !part.head.keepAlive;
      if (part.kind === "rest") queue.unshift(part.bytes);
      else said.push(...wordsOf(part, said));
    }
    if (isLast && said.at(-1) === "end") break;
  }
  return said;
}

function wordsOf(part: HttpPart<HttpHead>, said: string[]): string[] {
  if (part.kind === "head" || part.kind === "interim") {
    return [`${part.kind} ${textOf(part.head.bytes)}`];
  }
  if (part.kind === "malformed") return [`malformed ${part.status} ${part.reason}`];
  if (part.kind === "end" || part.kind === "rest") return [part.kind];
  const text = textOf(part.bytes);
  const before = said.at(-1)?.startsWith(`${part.kind} `) ? said.pop() : `${part.kind} `;
  return [`${before}${text}`];
}

const messages = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
  "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
  "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" +
    "A;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n",
  "DELETE /d HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
];
const malformed = [
  "GET / HTTP/1.1\nHost: a\n\n",
  "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
];

/** `bytes` cut at places given as shares of its length. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => Math.floor(place * bytes.length)), bytes.length];
  const sorted = ends.toSorted((a, b) => a - b);
  return sorted.map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end));
}

const places = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

describe("HttpReader", () => {
  test("says where messages begin and end, and changes no byte", () => {
    const said = partsOf(requestReader(), [bytesOf(messages.join(""))]);
    assert.deepEqual(
      said.map((part) => part.split(" ", 1)[0]),
      ["head", "end", "head", "end", "head", "body", "end", "head", "body", "end", "head", "end"],
    );
    const text = said
      .filter((part) => part !== "end")
      .map((part) => part.replace(/^[a-z]+ /u, ""))
      .join("");
    assert.equal(text, messages.join("").replace("\r\nGET /2", "GET /2"));
  });

  for (const message of [...messages, ...malformed])
    test(`says the same of every cut of ${JSON.stringify(message.slice(0, 60))}`, () => {
      const bytes = bytesOf(message);
      const whole = partsOf(requestReader(), [bytes]);
      for (let at = 0; at <= bytes.length; at += 1) {
        const pieces = [bytes.subarray(0, at), bytes.subarray(at)];
        assert.deepEqual(partsOf(requestReader(), pieces), whole, `cut at ${at}`);
      }
      const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
      assert.deepEqual(partsOf(requestReader(), single), whole, "byte by byte");
    });

  test("says the same of any cuts of any messages in a row", () => {
    const inputs = fc.array(fc.constantFrom(...messages, ...malformed), { maxLength: 6 });
    fc.assert(
      fc.property(inputs, places, (texts, at) => {
        const bytes = joinBytes(texts.map(bytesOf));
        assert.deepEqual(
          partsOf(requestReader(), cut(bytes, at)),
          partsOf(requestReader(), [bytes]),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("reads nothing after a fault", () => {
    const reader = requestReader();
    assert.equal(reader.read(bytesOf("\0\r\n\r\n")).at(-1)?.kind, "malformed");
    assert.deepEqual(reader.read(bytesOf(messages[0] ?? "")), []);
    assert.deepEqual(reader.end(), []);
  });

  test("knows an end in the middle from one between messages", () => {
    const reader = requestReader();
    assert(reader.isIdle);
    assert.deepEqual(reader.end(), []);
    reader.read(bytesOf("GET /"));
    assert(!reader.isIdle);
    assert.equal(reader.end()[0]?.kind, "malformed");
  });

  test("passes bytes of another protocol once it is told", () => {
    const reader = requestReader();
    reader.becomeRaw();
    assert.deepEqual(partsOf(reader, [bytesOf("a"), bytesOf("\0b")]), ["raw a\0b"]);
    assert.deepEqual(reader.end(), []);
  });
});

/** Requests that were seen, those of them that came to their end, and whether one was refused. */
interface Seen {
  readonly heads: string[];
  readonly ends: number;
  readonly isRefused: boolean;
}

function seenByNode(bytes: Uint8Array): Seen {
  const seen: IncomingMessage[] = [];
  let isRefused = false;
  const server = createServer((message) => {
    seen.push(message);
    message.resume();
  });
  server.on("connect", (message) => seen.push(message));
  server.on("clientError", () => {
    isRefused = true;
  });
  const socket = new Duplex({ read: () => {}, write: (_data, _encoding, done) => done() });
  server.emit("connection", socket);
  socket.emit("data", Buffer.from(bytes));
  socket.destroy();
  return {
    heads: seen.map(({ method, url }) => `${method} ${url}`),
    ends: seen.filter(({ complete }) => complete).length,
    isRefused,
  };
}

/** Node knows its methods, and takes no byte over 127 in a target: such heads count as refused. */
const narrower = /^head (?!(?:GET|POST|PUT|DELETE) \/)|^head [A-Z]+ [^ ]*\xff/u;

function seenByUs(bytes: Uint8Array): Seen {
  const all = partsOf(requestReader(), [bytes]);
  const bad = all.findIndex((part) => part.startsWith("malformed") || narrower.test(part));
  const parts = bad < 0 ? all : all.slice(0, bad);
  return {
    heads: parts.flatMap((part) =>
      part.startsWith("head ") ? [part.split(" ").slice(1, 3).join(" ")] : [],
    ),
    ends: parts.filter((part) => part === "end").length,
    isRefused: bad >= 0,
  };
}

describe("HttpReader beside Node's parser", () => {
  test("sees the same requests in what is well-formed", () => {
    for (const message of messages) {
      const bytes = bytesOf(message);
      assert.deepEqual(seenByUs(bytes), seenByNode(bytes), message);
      assert.equal(seenByUs(bytes).ends, 1);
    }
  });

  test("passes on nothing that Node refuses or ends elsewhere, whatever is broken", () => {
    const reached = { refused: 0, taken: 0 };
    const character = fc.constantFrom(...("\0\r\n\t :;,a0-{\xff".match(/[\s\S]/gu) ?? []));
    const cases = fc.tuple(fc.constantFrom(...messages), fc.nat(), character, fc.boolean());
    fc.assert(
      fc.property(cases, ([message, place, put, isExtra]) => {
        const at = place % message.length;
        const text = `${message.slice(0, at)}${put}${message.slice(isExtra ? at : at + 1)}`;
        const bytes = bytesOf(text + messages[0]);
        const [us, node] = [seenByUs(bytes), seenByNode(bytes)];
        if (us.isRefused) reached.refused += 1;
        else reached.taken += 1;
        assert(us.ends <= node.ends, `${JSON.stringify(text)}: ${us.ends} over ${node.ends}`);
        assert.deepEqual(us.heads, node.heads.slice(0, us.heads.length), JSON.stringify(text));
        if (!us.isRefused && !node.isRefused) assert.deepEqual(us, node, JSON.stringify(text));
      }),
      { numRuns: 3000, seed: 7 },
    );
    assert(reached.refused > 300 && reached.taken > 300, JSON.stringify(reached));
  });
});
