import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import { impersonationOf } from "./impersonation.ts";
import { isRefusal } from "./kube-status.ts";
import type { Incoming } from "./message.ts";

function incoming(...rawHeaders: string[]): Incoming {
  return Object.assign(Readable.from([]), { headers: {}, rawHeaders });
}

describe("impersonation", () => {
  test("keeps apart what comes in several headers", () => {
    assert.deepEqual(
      impersonationOf(
        incoming(
          "Impersonate-User",
          "ann",
          "Impersonate-Group",
          "a, b",
          "impersonate-group",
          "c",
          "Impersonate-Uid",
          "7",
          "Impersonate-Extra-Acme.com%2fProject",
          "x",
          "Impersonate-Extra-acme.com%2fproject",
          "y",
          "Accept",
          "*/*",
        ),
      ),
      {
        user: "ann",
        groups: ["a, b", "c"],
        uid: "7",
        extra: { "acme.com/project": ["x", "y"] },
      },
    );
  });

  test("is none without its headers", () => {
    assert.equal(impersonationOf(incoming("Accept", "*/*")), undefined);
  });

  test("is refused when it cannot be read, or is endless", () => {
    assert(isRefusal(impersonationOf(incoming("Impersonate-Extra-%ff", "x"))));
    const many = Array.from({ length: 101 }, () => ["Impersonate-Group", "a"]).flat();
    assert(isRefusal(impersonationOf(incoming(...many))));
  });
});
