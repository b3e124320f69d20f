import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bytesOf, textOf } from "./ascii.ts";
import { HeadBuffer, headBytesMax } from "./head-buffer.ts";

const head = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** What a head in pieces comes to: its text and what follows, or the fault's status. */
function gather(pieces: readonly string[], blankLinesMax = 0): string {
  const buffer = new HeadBuffer(blankLinesMax);
  for (const piece of pieces) {
    const bytes = bytesOf(piece);
    const taken = buffer.take(bytes, 0);
    if (taken.kind === "fault") return `${taken.fault.status} ${taken.fault.reason}`;
    if (taken.kind === "head") return `${textOf(taken.bytes)}|${textOf(bytes, taken.next)}`;
  }
  return "more";
}

const singles = (text: string): string[] => text.match(/[\s\S]/gu) ?? [];

describe("HeadBuffer", () => {
  test("finds the empty line, wherever the head is cut", () => {
    assert.equal(gather([`${head}body`]), `${head}|body`);
    for (let at = 1; at < head.length; at += 1) {
      assert.equal(gather([head.slice(0, at), `${head.slice(at)}x`]), `${head}|x`, `cut at ${at}`);
    }
    assert.equal(gather(singles(head)), `${head}|`);
  });

  test("does not copy a head that comes whole", () => {
    const bytes = bytesOf(head);
    const taken = new HeadBuffer(0).take(bytes, 0);
    assert(taken.kind === "head" && taken.bytes.buffer === bytes.buffer);
  });

  test("drops a few empty lines before a head (RFC 9112, section 2.2)", () => {
    assert.equal(gather([`\r\n\r\n${head}`], 2), `${head}|`);
    assert.equal(gather(["\r", "\n", ...singles(head)], 2), `${head}|`);
    assert.equal(gather([`\r\n\r\n\r\n${head}`], 2), "400 empty line first");
    assert.equal(gather([`\r\n${head}`]), "400 empty line first");
  });

  test("takes no LF without CR (RFC 9112, section 2.2)", () => {
    assert.equal(gather(["GET / HTTP/1.1\nHost: a\r\n\r\n"]), "400 bare LF");
    assert.equal(gather(["GET / HTTP/1.1\r\nHost: a\r\n\n"]), "400 bare LF");
    assert.equal(gather(["GET / HTTP/1.1", "\n"]), "400 bare LF");
    assert.equal(gather(["\n"], 2), "400 bare LF");
  });

  test("is bounded, in one piece or in many", () => {
    const large = `GET /${"a".repeat(headBytesMax)} HTTP/1.1\r\n\r\n`;
    assert.equal(gather([large]), "431 head too large");
    assert.equal(gather(large.match(/[\s\S]{1,999}/gu) ?? []), "431 head too large");
    const lines = `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(headBytesMax / 6)}\r\n`;
    assert.equal(gather([lines]), "431 head too large");
  });
});
