import assert from "node:assert/strict";
import { once } from "node:events";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import type { Answer, Question } from "@beemesh/deciding";
import { type Hear, QuestionDesk } from "./question-desk.ts";
import { QuestionLines } from "./question-lines.ts";

const consult: Question = {
  kind: "consult",
  collection: "configmaps/default",
  record: { collection: "configmaps/default", name: "a" },
  known: [],
};

/** Lines to a desk of another machine, and both ends of each stream between them. */
async function linesTo(hear: Hear) {
  const streams: { readonly near: Duplex; readonly far: Duplex }[] = [];
  const desk = new QuestionDesk(hear);
  let serve = (_peer: string, stream: Duplex): unknown => stream.destroy();
  await desk.serve({
    handleStream: (_name, handler) => {
      serve = handler;
      return Promise.resolve();
    },
  });
  const lines = new QuestionLines({
    openStream: (peer) => {
      if (peer === "nobody") return Promise.reject(new Error("no such machine"));
      const [near, far] = duplexPair();
      streams.push({ near, far });
      serve("asker", far);
      return Promise.resolve(near);
    },
  });
  return { lines, desk, streams };
}

describe("QuestionLines", () => {
  test("brings each question its own answer, over one stream", async () => {
    const held: ((answer: Answer) => void)[] = [];
    const { lines, streams } = await linesTo(
      () => new Promise((resolve) => held.push((answer) => resolve(answer))),
    );
    const asked = [lines.ask("bob", consult), lines.ask("bob", consult)];
    while (held.length < 2) await new Promise(setImmediate);
    held[1]?.({ kind: "kept" });
    held[0]?.({ kind: "left", entries: [{ any: "thing" }] });
    assert.deepEqual(await Promise.all(asked), [
      { kind: "left", entries: [{ any: "thing" }] },
      { kind: "kept" },
    ]);
    assert.equal(streams.length, 1);
    lines.close();
  });

  test("waits on while it hears that the answer is being found", async () => {
    const { lines, streams } = await linesTo(() => new Promise(() => undefined));
    const asked = lines.ask("bob", consult, 200);
    while (streams.length === 0) await new Promise(setImmediate);
    const { far } = streams[0] ?? {};
    for (let told = 0; told < 5; told += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      far?.write('{"n":1,"kind":"working"}\n');
    }
    far?.write('{"n":1,"kind":"kept"}\n');
    assert.deepEqual(await asked, { kind: "kept" });
    lines.close();
  });

  test("tells what never went out from what may have been decided", async () => {
    const { lines } = await linesTo(() => new Promise(() => undefined));
    assert.deepEqual(await lines.ask("nobody", consult), { kind: "unreachable" });
    const silent = lines.ask("bob", consult, 20);
    assert.deepEqual(await silent, { kind: "lost" });
    const asked = lines.ask("bob", consult);
    await new Promise(setImmediate);
    lines.abandon((peer) => peer === "bob");
    assert.deepEqual(await asked, { kind: "lost" });
    const again = lines.ask("bob", consult, 20);
    assert.deepEqual(await again, { kind: "lost" }, "over a new stream");
  });

  for (const line of ["no json", '{"n":1,"kind":"perhaps"}', '{"kind":"kept"}']) {
    test(`hangs up on ${line}`, async () => {
      const heard = Promise.withResolvers<void>();
      const { lines, streams } = await linesTo(() => {
        heard.resolve();
        return new Promise(() => undefined);
      });
      const asked = lines.ask("bob", consult);
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
      const { lines, streams } = await linesTo(() => Promise.resolve({ kind: "kept" }));
      await lines.ask("bob", consult);
      const [stream] = streams;
      assert(stream);
      const closed = once(stream.far, "close");
      stream.near.write(`${line}\n`);
      await closed;
      lines.close();
    });
  }

  test("decides so many questions of one machine at a time", async () => {
    let begun = 0;
    const { lines } = await linesTo(() => {
      begun += 1;
      return new Promise(() => undefined);
    });
    const asked = Array.from({ length: 300 }, () => lines.ask("bob", consult, 300));
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
    assert.equal(begun, 256);
    assert.equal(kinds.filter((kind) => kind === "busy").length, 300 - 256);
    lines.close();
  });

  test("takes nothing more when it is closed", async () => {
    const { lines, desk } = await linesTo(() => Promise.resolve({ kind: "kept" }));
    assert.deepEqual(await lines.ask("bob", consult), { kind: "kept" });
    desk.close();
    const { kind } = await lines.ask("bob", consult, 50);
    assert(kind === "lost" || kind === "unreachable", kind);
    lines.close();
  });
});
