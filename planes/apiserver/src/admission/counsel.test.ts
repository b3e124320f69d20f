import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { instantAt, seededRandom } from "@beemesh/base";
import type { ApiReply } from "@beemesh/ports";
import { Counsel } from "./counsel.ts";

const now = { at: instantAt(0), wallMs: 0 };
const later = { at: instantAt(1000), wallMs: 1000 };
const done: ApiReply = { kind: "json", status: 200, body: "done" };

function counselOf(again: (counsel: Counsel) => ApiReply): Counsel {
  let uids = 0;
  return new Counsel({
    now,
    makeUid: () => String((uids += 1)),
    random: seededRandom(1),
    again: (counsel) => {
      counsel.rewind();
      return counsel.told(again(counsel));
    },
  });
}

const question = (name: string) => ({
  url: "https://a",
  caBundle: "",
  timeoutMs: 1000,
  request: { name },
});
const yes = { ok: true, body: "yes" } as const;

describe("Counsel", () => {
  test("asks once, and thinks the request over with the same identity", () => {
    const uids: string[] = [];
    const think = (counsel: Counsel): ApiReply => {
      uids.push(counsel.makeUid());
      const answered = counsel.ask(question("x"));
      if (answered === undefined) return counsel.pause();
      counsel.warn("careful");
      assert.deepEqual(answered, { uid: "2", answer: yes });
      return done;
    };
    const counsel = counselOf(think);
    const reply = think(counsel);
    assert(reply.kind === "consult");
    assert.deepEqual(reply.calls[0]?.review, {
      kind: "AdmissionReview",
      apiVersion: "admission.k8s.io/v1",
      request: { uid: "2", name: "x" },
    });
    assert.deepEqual(reply.resume([yes], later), { ...done, warnings: ["careful"] });
    assert.deepEqual(uids, ["1", "1"]);
    assert.deepEqual(counsel.now, now, "what is thought over is of the time when it came");
  });

  test("asks about another object anew, and gives up when it never ends", () => {
    let version = 0;
    const think = (counsel: Counsel): ApiReply => {
      version += 1;
      return counsel.ask(question(`x${version}`)) === undefined ? counsel.pause() : done;
    };
    let reply = think(counselOf(think));
    let rounds = 0;
    while (reply.kind === "consult") {
      rounds += 1;
      assert(rounds < 100, "it ends");
      reply = reply.resume([yes], later);
    }
    assert(reply.kind === "json" && reply.status === 504);
  });

  test("ends what takes longer than any request", () => {
    const think = (counsel: Counsel): ApiReply =>
      counsel.ask(question("x")) === undefined ? counsel.pause() : done;
    const reply = think(counselOf(think));
    assert(reply.kind === "consult");
    const end = reply.resume([yes], { at: instantAt(60_001), wallMs: 60_001 });
    assert(end.kind === "json" && end.status === 504);
  });

  test("takes a missing answer for none, and asks about so many at once", () => {
    const counsel = counselOf(() => done);
    for (let index = 0; !counsel.isFull; index += 1) counsel.ask(question(`x${index}`));
    assert(counsel.isWaiting);
    const { calls, resume } = counsel.pause();
    assert(calls.length > 1 && calls.length < 1000);
    resume([], later);
    assert.deepEqual(counsel.ask(question("x0"))?.answer, { ok: false, reason: "no answer" });
  });
});
