/** What a container says about its end. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviour, Behaviours } from "./behaviour.ts";
import { textAt } from "./client.ts";
import { pod } from "./manifest.ts";
import { container, containerOf, ending, untilPhase } from "./pod-run.ts";

/** A container that ends so, and what its status says then. */
function says(
  script: string,
  fields: JsonObject,
  { phase, message }: { readonly phase: string; readonly message: string },
): Behaviour {
  return async (world) => {
    await world.create("pods", pod("says", ending(container(script, fields))));
    const { state } = containerOf(await untilPhase(world, "says", phase));
    assert.equal(textAt(state, "terminated", "message"), message);
  };
}

const logs = { terminationMessagePolicy: "FallbackToLogsOnError" };

export const terminations: Behaviours = {
  "node Runtime termination message empty FallbackToLogsOnError": says("echo DONE", logs, {
    phase: "Succeeded",
    message: "",
  }),
  "node Runtime termination message from file": says(
    "echo -n OK >/dev/termination-log; echo DONE",
    logs,
    { phase: "Succeeded", message: "OK" },
  ),
  "node Runtime termination message from log": says("echo -n DONE; exit 1", logs, {
    phase: "Failed",
    message: "DONE",
  }),
  "node Runtime termination message non-root non-default path": says(
    "echo -n DONE >/dev/termination-custom-log",
    {
      terminationMessagePath: "/dev/termination-custom-log",
      securityContext: { runAsUser: 10_000 },
    },
    { phase: "Succeeded", message: "DONE" },
  ),
};
