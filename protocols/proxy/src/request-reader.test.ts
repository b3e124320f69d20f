import assert from "node:assert/strict";
import { test } from "node:test";
import { bytesOf } from "./ascii.ts";
import { mayUpgrade, requestReader } from "./request-reader.ts";

function read(text: string): { readonly kinds: readonly string[]; readonly upgrades: boolean } {
  const parts = requestReader().read(bytesOf(text));
  const [head] = parts;
  assert(head?.kind === "head");
  return { kinds: parts.map(({ kind }) => kind), upgrades: mayUpgrade(head.head) };
}

test("a request without a length has no body (RFC 9112, section 6.3)", () => {
  const { kinds, upgrades } = read("POST / HTTP/1.1\r\nHost: a\r\n\r\nGET");
  assert.deepEqual(kinds, ["head", "end", "rest"]);
  assert(!upgrades);
});

test("CONNECT has no body, whatever it says (RFC 9110, section 9.3.6)", () => {
  const { kinds, upgrades } = read(
    "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nContent-Length: 9\r\n\r\nx",
  );
  assert.deepEqual(kinds, ["head", "end", "rest"]);
  assert(upgrades);
});

test("a request may ask for another protocol", () => {
  assert(
    read("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").upgrades,
  );
});
