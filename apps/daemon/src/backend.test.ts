import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { PeerCertificate } from "node:tls";
import { authenticate, warningsOf } from "./backend.ts";

const certificateOf = (subject: Record<string, string | string[]>): PeerCertificate =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only the subject is read
  ({ subject }) as unknown as PeerCertificate;

describe("authenticate", () => {
  test("reads user and groups as Kubernetes does", () => {
    assert.deepEqual(authenticate(certificateOf({ CN: "ann", O: ["a", "b"] })), {
      name: "ann",
      groups: ["a", "b", "system:authenticated"],
    });
    assert.deepEqual(authenticate(certificateOf({ CN: "bob", O: "system:masters" }))?.groups, [
      "system:masters",
      "system:authenticated",
    ]);
  });

  test("knows nobody without a name", () => {
    assert.equal(authenticate(certificateOf({ O: "system:masters" })), undefined);
  });
});

describe("warningsOf", () => {
  test("warns when the write is held here alone, and only then", () => {
    assert.deepEqual(warningsOf({ holders: 2, of: 3 }, false), []);
    assert.deepEqual(warningsOf({ holders: 1, of: 1 }, false), []);
    assert.match(warningsOf({ holders: 1, of: 3 }, false)[0] ?? "", /1 of 3 keepers/u);
    assert.match(warningsOf({ holders: 1, of: 1 }, true)[0] ?? "", /cut off/u);
  });
});
