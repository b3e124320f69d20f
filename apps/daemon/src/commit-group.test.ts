import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CommitGroup } from "./commit-group.ts";
import { entryNamed, FickleDisk } from "./patient-disk.test.ts";
import { PatientDisk } from "./patient-disk.ts";

/** A group whose effects are names, and what happened in order. */
function make() {
  const done: string[] = [];
  const crashes: unknown[] = [];
  const inner = new FickleDisk();
  const save = inner.save.bind(inner);
  inner.save = (entries) => {
    done.push(`save ${entries.map(({ name }) => name).join(",")}`);
    save(entries);
  };
  const perform = { each: (effect: string) => void done.push(effect) };
  const group = new CommitGroup<string>({
    disk: new PatientDisk(inner),
    perform: (effect) => perform.each(effect),
    onCrash: (error) => crashes.push(error),
  });
  return { group, done, crashes, inner, perform };
}

describe("CommitGroup", () => {
  test("writes once what comes in one turn, and lets go in order what waited for it", async () => {
    const { group, done } = make();
    group.leave("before");
    for (const name of ["a", "b", "c"]) {
      group.save([entryNamed(name)]);
      group.leave(`told ${name}`);
    }
    assert.deepEqual(done, ["before"]);
    await group.committed();
    assert.deepEqual(done, ["before", "save a,b,c", "told a", "told b", "told c"]);
    group.leave("after");
    assert.equal(done.at(-1), "after");
  });

  test("what an effect brings comes after what waited, and after its own write", async () => {
    const { group, done, perform } = make();
    perform.each = (effect) => {
      done.push(effect);
      if (effect !== "first") return;
      group.save([entryNamed("more")]);
      group.leave("third");
    };
    group.save([entryNamed("a")]);
    group.leave("first");
    group.leave("second");
    await group.committed();
    assert.deepEqual(done, ["save a", "first", "save more", "second", "third"]);
  });

  test("does not wait for ever with much that waits", () => {
    const { group, done } = make();
    group.save([entryNamed("a")]);
    for (let count = 0; count < 4096; count += 1) group.leave("told");
    assert.equal(done.length, 4097);
    assert.equal(done[0], "save a");
  });

  test("a full disk is offered it once, and what waited goes its way", async (context) => {
    context.mock.timers.enable({ apis: ["setTimeout"] });
    const { group, done, inner } = make();
    inner.isFull = true;
    group.save([entryNamed("a")]);
    group.leave("told");
    await group.committed();
    assert.deepEqual(done, ["save a", "told"], "who performs looks whether the disk took it");
    assert.equal(inner.entries.size, 0);
  });

  test("nothing leaves after a bug, nor when it is abandoned", async () => {
    const { group, done, crashes, perform } = make();
    perform.each = () => {
      throw new Error("a bug");
    };
    group.save([entryNamed("a")]);
    group.leave("first");
    group.leave("second");
    await group.committed();
    assert.match(String(crashes), /a bug/u);
    group.save([entryNamed("b")]);
    group.leave("third");
    group.abandon();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    assert.deepEqual(done, ["save a"]);
  });
});
