import assert from "node:assert/strict";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { decodeBody, mediaTypeOf, readBody } from "./body.ts";
import { isRefusal } from "./kube-status.ts";

const limits = { bodyBytesMax: 100, bodyMsMax: 20 };

/** A request whose body is the chunks; without an end it stays open. */
function requestOf(chunks: readonly string[], headers = {}, ends = true): IncomingMessage {
  const incoming = new IncomingMessage(new Socket());
  Object.assign(incoming.headers, headers);
  for (const chunk of chunks) incoming.push(Buffer.from(chunk));
  if (ends) incoming.push(null);
  return incoming;
}

/** The status code of a refusal, or the text. */
async function read(incoming: IncomingMessage): Promise<string | number> {
  const body = await readBody(incoming, limits);
  return isRefusal(body) ? body.code : body.toString();
}

describe("readBody", () => {
  test("joins chunks", async () => assert.equal(await read(requestOf(["a", "b"])), "ab"));

  test("refuses what is too long, announced or not", async () => {
    assert.equal(await read(requestOf([], { "content-length": "101" })), 413);
    assert.equal(await read(requestOf(["x".repeat(60), "x".repeat(60)])), 413);
  });

  test("refuses what is compressed or too slow or broken off", async () => {
    assert.equal(await read(requestOf([], { "content-encoding": "gzip" })), 415);
    assert.equal(await read(requestOf(["a"], {}, false)), 408);
    const broken = requestOf(["a"], {}, false);
    setImmediate(() => broken.destroy());
    assert.equal(await read(broken), 400);
  });
});

describe("decodeBody", () => {
  const decode = (text: string | Buffer, type: string): unknown => {
    const body = decodeBody(Buffer.from(text), type, undefined);
    return isRefusal(body) ? body.code : body.value;
  };

  for (const [text, type, expected] of [
    ["", "anything/else", undefined],
    ['{"a":1}', "", { a: 1 }],
    ['{"a":1}', "application/json; charset=utf-8", { a: 1 }],
    ['[{"op":"test"}]', "application/json-patch+json", [{ op: "test" }]],
    ["a: 1", "application/apply-patch+yaml", { a: 1 }],
    ["a: 1", "application/yaml", { a: 1 }],
    ["a: 1", "application/json", 400],
    ["a: [", "application/yaml", 400],
    ["x", "text/plain", 415],
    ["x", "application/vnd.kubernetes.protobuf", 415],
    ["x", "application/apply-patch+cbor", 415],
    ['{"__proto__":1}', "application/json", 400],
    ['{"a":[{"\\u005f_proto__":1}]}', "application/json", 400],
    ["__proto__: 1", "application/yaml", 400],
    [`${"[".repeat(65)}${"]".repeat(65)}`, "application/json", 400],
  ] as const) {
    test(`gives ${JSON.stringify(expected)} for ${text.slice(0, 30)} as ${type}`, () => {
      assert.deepEqual(decode(text, type), expected);
    });
  }

  test("refuses text that is not UTF-8", () => {
    assert.equal(decode(gzipSync("{}"), "application/json"), 400);
  });

  test("leaves protobuf to its decoder", () => {
    const type = "application/vnd.kubernetes.protobuf";
    const body = decodeBody(Buffer.from("x"), type, (bytes) => [...bytes]);
    assert.deepEqual(body, { value: [120] });
    assert(isRefusal(decodeBody(Buffer.from("x"), type, () => undefined)));
  });
});

test("mediaTypeOf leaves parameters out", () => {
  assert.equal(mediaTypeOf("Application/JSON ; charset=utf-8"), "application/json");
});

describe("members that stand twice", () => {
  test("are told by their path in JSON, by their line in YAML, and the last counts", () => {
    const json = decodeBody(Buffer.from('{"a":{"b":1,"b":2}}'), "application/json", undefined);
    assert.deepEqual(json, { value: { a: { b: 2 } }, doubled: ['duplicate field "a.b"'] });
    const yaml = decodeBody(Buffer.from("a:\n  b: 1\n  b: 2\n"), "application/yaml", undefined);
    const doubled = ['line 3: key "b" already set in map'];
    assert.deepEqual(yaml, { value: { a: { b: 2 } }, doubled });
  });
});
