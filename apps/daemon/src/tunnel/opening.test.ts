import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { describe, test } from "node:test";
import { BeeError } from "@beemesh/base";
import { type Opening, readAnswer, readOpening, writeAnswer, writeOpening } from "./opening.ts";

const openings: readonly Opening[] = [
  { kind: "connect", uid: "u", port: 80, by: "owner" },
  { kind: "connect", uid: "u", port: 80, by: "ingress" },
  {
    kind: "exec",
    uid: "u",
    container: "c",
    command: ["sh", "-c", "a\nb"],
    stdin: true,
    tty: false,
  },
  {
    kind: "log",
    uid: "u",
    container: "c",
    follow: true,
    previous: false,
    timestamps: false,
    tailLines: 5,
  },
];

describe("opening", () => {
  for (const opening of openings) {
    test(`${opening.kind} arrives as it was sent, and leaves what follows`, async () => {
      const [near, far] = duplexPair();
      writeOpening(near, opening);
      near.write("rest");
      assert.deepEqual(await readOpening(far), opening);
      assert.equal(String(far.read()), "rest");
    });
  }

  for (const line of [
    "{}",
    '{"kind":"connect","uid":"u","port":0,"by":"owner"}',
    '{"kind":"connect","uid":"u","port":80,"by":"anybody"}',
    '{"kind":"connect","uid":"u","port":80}',
    "no json",
    '{"kind":"x","uid":"u"}',
  ]) {
    test(`refuses ${line}`, async () => {
      const [near, far] = duplexPair();
      near.end(`${line}\n`);
      assert.equal(await readOpening(far), undefined);
    });
  }

  test("an answer without words is a yes, with words a refusal", async () => {
    const [near, far] = duplexPair();
    writeAnswer(near);
    await readAnswer(far);
    writeAnswer(near, new Error("no such pod"));
    await assert.rejects(readAnswer(far), { code: "tunnel-refused", message: /no such pod/u });
    const kept = new BeeError("policy-refused", "Cannot enter the pod: no policy allows it");
    writeAnswer(near, kept);
    await assert.rejects(readAnswer(far), { code: kept.code, message: kept.message });
  });

  test("an end without an answer is a refusal", async () => {
    const [near, far] = duplexPair();
    near.end();
    await assert.rejects(readAnswer(far), { code: "tunnel-refused" });
  });
});
