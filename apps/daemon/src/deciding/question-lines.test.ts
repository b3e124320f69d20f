import assert from "node:assert/strict";
import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import type { Answer, NoAnswer, Question } from "@beemesh/deciding";
import { type OnQuestion, QuestionDesk } from "./question-desk.ts";
import { type OnAnswer, QuestionLines } from "./question-lines.ts";

const consult: Question = {
  kind: "consult",
  collection: "configmaps/default",
  record: { collection: "configmaps/default", name: "a" },
  known: [],
};

/** Lines to a desk of another machine, and both ends of each stream between them. */
async function linesTo(onQuestion: OnQuestion, onAnswer: OnAnswer = () => undefined) {
  const streams: { readonly near: Duplex; readonly far: Duplex }[] = [];
  const desk = new QuestionDesk(onQuestion);
  let serve = (_peer: string, stream: Duplex): unknown => stream.destroy();
  await desk.serve({
    handleStream: (_name, handler) => {
      serve = handler;
      return Promise.resolve();
    },
  });
  const waiting = new Map<number, (answer: Answer | NoAnswer) => void>();
  const lines = new QuestionLines(
    {
      openStream: (peer) => {
        if (peer === "nobody") return Promise.reject(new Error("no such machine"));
        const [near, far] = duplexPair();
        streams.push({ near, far });
        serve("asker", far);
        return Promise.resolve(near);
      },
    },
    (event) => {
      onAnswer(event);
      if (event.kind === "answered") waiting.get(event.number)?.(event.answer);
    },
  );
  let count = 0;
  /** Asks, and waits for the first answer. */
  const ask = (peer: string): Promise<Answer | NoAnswer> => {
    count += 1;
    const { promise, resolve } = Promise.withResolvers<Answer | NoAnswer>();
    waiting.set(count, resolve);
    lines.ask(peer, count, consult);
    return promise;
  };
  return { lines, desk, streams, ask };
}

describe("QuestionLines", () => {
  test("brings each question its own answer, over one stream", async () => {
    const held: number[] = [];
    const { lines, desk, streams, ask } = await linesTo(({ reference }) => held.push(reference));
    const asked = [ask("bob"), ask("bob")];
    while (held.length < 2) await new Promise(setImmediate);
    desk.answer(held[1] ?? 0, { kind: "kept" });
    desk.answer(held[0] ?? 0, { kind: "left", entries: [{ any: "thing" }] });
    assert.deepEqual(await Promise.all(asked), [
      { kind: "left", entries: [{ any: "thing" }] },
      { kind: "kept" },
    ]);
    assert.equal(streams.length, 1);
    lines.close();
  });

  test("tells that a question went out, that it is worked at, and the answer once", async () => {
    const told: string[] = [];
    const done = Promise.withResolvers<void>();
    const { lines, desk, ask } = await linesTo(
      ({ reference }) => {
        for (const kind of ["working", "working", "kept", "unready"] as const) {
          desk.answer(reference, { kind });
        }
      },
      (event) => {
        told.push(event.kind === "sent" ? "sent" : event.answer.kind);
        if (told.length === 4) done.resolve();
      },
    );
    void ask("bob");
    await done.promise;
    lines.close();
    assert.deepEqual(told, ["sent", "working", "working", "kept"]);
  });

  test("tells what never went out from what may have been decided", async () => {
    const { lines, ask, streams } = await linesTo(() => undefined);
    assert.deepEqual(await ask("nobody"), { kind: "unreachable" });
    const asked = ask("bob");
    await new Promise(setImmediate);
    lines.abandon((peer) => peer === "bob");
    assert.deepEqual(await asked, { kind: "lost" });
    const again = ask("bob");
    await new Promise(setImmediate);
    assert.equal(streams.length, 2, "over a new stream");
    lines.close();
    assert.deepEqual(await again, { kind: "lost" });
  });

  test("says nothing of what nobody waits for any more", async () => {
    const told: string[] = [];
    const { lines, ask } = await linesTo(
      () => undefined,
      ({ kind, number }) => told.push(`${kind} ${number}`),
    );
    void ask("bob");
    const second = ask("bob");
    await new Promise(setImmediate);
    lines.forget("bob", 1);
    await new Promise(setImmediate);
    lines.close();
    await second;
    assert.deepEqual(told, ["sent 1", "sent 2", "answered 2"]);
  });

  for (const line of ["no json", '{"n":1,"kind":"perhaps"}', '{"kind":"kept"}']) {
    test(`hangs up on ${line}`, async () => {
      const heard = Promise.withResolvers<void>();
      const { streams, ask } = await linesTo(() => heard.resolve());
      const asked = ask("bob");
      await heard.promise;
      streams[0]?.far.write(`${line}\n`);
      assert.deepEqual(await asked, { kind: "lost" });
      assert(streams[0]?.near.destroyed);
    });
  }
});

describe("QuestionDesk", () => {
  for (const line of ["no json", '{"n":1}', '{"n":1,"kind":"write","id":"w"}']) {
    test(`hangs up on ${line}`, async () => {
      const { lines, desk, streams, ask } = await linesTo(({ reference }) =>
        desk.answer(reference, { kind: "kept" }),
      );
      await ask("bob");
      const [stream] = streams;
      assert(stream);
      const closed = once(stream.far, "close");
      stream.near.write(`${line}\n`);
      await closed;
      lines.close();
    });
  }

  test("takes nothing more when it is closed", async () => {
    const { lines, desk, ask } = await linesTo(({ reference }) =>
      desk.answer(reference, { kind: "kept" }),
    );
    assert.deepEqual(await ask("bob"), { kind: "kept" });
    desk.close();
    assert.deepEqual(await ask("bob"), { kind: "lost" });
    lines.close();
  });
});
