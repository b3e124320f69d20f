/** Mounts of a part of a volume that variables name. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { textAt } from "./client.ts";
import { pod } from "./manifest.ts";
import {
  container,
  containerOf,
  ending,
  printed,
  staying,
  untilLog,
  untilPod,
  untilReady,
  waits,
} from "./pod-run.ts";
import type { World } from "./world.ts";

/** A container that mounts a volume as a whole, and the part of it that an expression names. */
function mounts(script: string, env: readonly JsonObject[], expression: string): JsonObject {
  const part = { name: "data", mountPath: "/part", subPathExpr: expression };
  return container(script, {
    env,
    volumeMounts: [part, { name: "data", mountPath: "/whole" }],
  });
}

const volumes = { volumes: [{ name: "data", emptyDir: {} }] };

/** An annotation that says nothing is one that is there. */
const ofAnnotation = [
  { name: "NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
  { name: "SUB", valueFrom: { fieldRef: { fieldPath: "metadata.annotations['mysubpath']" } } },
];

async function untilMistaken(world: World): Promise<void> {
  await untilPod(world, "mounts", "told of its mistake", (found) => {
    const { state } = containerOf(found);
    return textAt(state, "waiting", "reason") === "CreateContainerConfigError";
  });
}

/** Is not started while its variable leads out of the volume. */
function failing(value: string, message: RegExp): Behaviour {
  return async (world) => {
    const main = mounts("true", [{ name: "NAME", value }], "$(NAME)");
    await world.create("pods", pod("mounts", ending(main, volumes)));
    await untilMistaken(world);
    const found = await world.get("pods", "mounts");
    assert.match(textAt(containerOf(found), "state", "waiting", "message"), message);
    assert.equal(textAt(found, "status", "phase"), "Pending");
  };
}

export const subPaths: Behaviours = {
  "node VarExp volume subpath": async (world) => {
    const main = mounts(
      "test -d /whole/foo && echo x >/part/file && cat /whole/foo/file",
      [{ name: "NAME", value: "foo" }],
      "$(NAME)",
    );
    assert.equal(await printed(world, "mounts", ending(main, volumes)), "x\n");
  },
  "node VarExp fail subpath absolute": failing("/tmp", /must not be an absolute path/u),
  "node VarExp fail subpath backticks": failing("..", /must not contain '\.\.'/u),
  "node VarExp failing subpath modified": async (world) => {
    const spec = staying(mounts(waits, ofAnnotation, "$(SUB)"), volumes);
    await world.create("pods", pod("mounts", spec));
    await untilMistaken(world);
    await world.patch("pods", "mounts", { metadata: { annotations: { mysubpath: "mypath" } } });
    await untilReady(world, "mounts");
  },
  "node VarExp writing subpaths": async (world) => {
    const says = "while :; do cat /whole/mypath/$NAME/log 2>/dev/null; sleep 0.2; done";
    const main = mounts(`echo written >/part/log; ${says}`, ofAnnotation, "$(SUB)/$(NAME)");
    const annotations = { mysubpath: "mypath" };
    await world.create("pods", pod("mounts", staying(main, volumes), { annotations }));
    await untilLog(world, "mounts", /written/u);
    // What it is of was said when it was mounted: it stays what it is.
    await world.patch("pods", "mounts", { metadata: { annotations: { mysubpath: "other" } } });
    await untilReady(world, "mounts");
    assert.match(await untilLog(world, "mounts", /written\nwritten/u), /written/u);
  },
};
