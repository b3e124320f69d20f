/**
 * Golden traces: each story as its events, one per line, and the effects each one gave. Rewrite
 * with `node --test --test-update-snapshots`.
 */
import { test } from "node:test";
import { NameServerStage } from "./name-server-stage.ts";

const stories: Readonly<Record<string, (stage: NameServerStage) => void>> = {
  "asked-once-answered-all": (stage) => {
    stage.at(0).query("web");
    stage.at(10).query("WEB");
    stage.at(20).query("web", { type: 28 });
    stage.at(30).answer(1, "found", "10.0.0.1", "10.0.0.2");
    stage.at(40).answer(2, "found");
    stage.at(50).query("web");
    stage.at(4000).query("web", { transport: "tcp" });
    stage.at(4900).query("web", { type: 28 });
    stage.at(5100).query("web");
  },
  "names-change": (stage) => {
    stage.at(0).query("web");
    stage.at(1).answer(1, "found", "10.0.0.1");
    stage.at(1000).step({ kind: "forget" });
    stage.at(1001).query("web");
    stage.at(1002).answer(2, "found", "10.0.0.2");
    stage.at(1003).query("web");
  },
  "machine-silent": (stage) => {
    stage.at(0).query("web");
    stage.at(1).answer(1, "found", "10.0.0.1");
    stage.at(6000).query("web");
    stage.at(6000).query("db");
    stage.at(7800).step({ kind: "tick" });
    stage.at(8000).query("web");
    stage.at(10_000).step({ kind: "tick" });
    stage.at(12_000).step({ kind: "connected" });
    stage.at(12_001).answer(2, "found", "10.0.0.3");
    stage.at(16_000).step({ kind: "tick" });
    stage.at(16_001).query("db");
    stage.at(40_000).query("db");
  },
  "nothing-to-ask": (stage) => {
    stage.query("", { type: 2 });
    stage.query("web", { type: 252 });
    stage.query("version.bind", { type: 16, class: 3 });
    stage.query("a b", {});
    stage.query("web", { flags: 0x28_00 });
    stage.query("web", { flags: 0x81_80 });
    stage.query("web", { payload: 512, version: 9 });
  },
  "no-such-name": (stage) => {
    stage.at(0).query("nowhere");
    stage.at(1).answer(1, "absent");
    stage.at(2).query("nowhere");
    stage.at(3).query("api.example.com");
    stage.at(4).answer(2, "refused");
    stage.at(5100).query("nowhere");
  },
};

for (const [name, story] of Object.entries(stories)) {
  test(`trace: ${name}`, (t) => {
    const stage = new NameServerStage();
    story(stage);
    const text = `${stage.lines.join("\n")}\n`;
    t.assert.fileSnapshot(text, `${import.meta.dirname}/testdata/${name}.txt`, {
      serializers: [String],
    });
  });
}
