/** Clients that stay with one endpoint. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../core/wire/src/index.ts";
import type { Behaviours } from "./behaviour.ts";
import { at } from "./client.ts";
import { pod } from "./manifest.ts";
import { container, logOf, podMsMax, staying } from "./pod-run.ts";
import { server, service, untilEndpoints } from "./serving.ts";
import type { World } from "./world.ts";

/** Asks a Service over and over, and prints who has answered, line by line. */
const asksOn = "while :; do wget -q -O - http://web/ 2>/dev/null; sleep 0.1; done";

/** Waits until the last so many answers are of one endpoint, or of several. */
async function untilAnswers(world: World, what: "one" | "several"): Promise<void> {
  // What was on its way when the Service changed says nothing.
  const before = (await logOf(world, "asks")).split("\n").length;
  let answers: readonly string[] = [];
  await world.until(
    () => `answers of ${what}; they are ${answers.join()}`,
    async () => {
      const lines = (await logOf(world, "asks")).split("\n").slice(before, -1);
      answers = lines.slice(-answersWanted);
      const count = new Set(answers).size;
      return answers.length === answersWanted && (what === "one" ? count === 1 : count > 1);
    },
    podMsMax,
  );
}

/** Of two endpoints one is not asked so often in a row by chance, but once in 32,768. */
const answersWanted = 16;

async function asking(world: World, spec: JsonObject): Promise<void> {
  await Promise.all(["web-a", "web-b"].map((name) => server(world, name)));
  await service(world, "web", spec);
  await untilEndpoints(world, "web", ["web-a:8080", "web-b:8080"]);
  await world.create("pods", pod("asks", staying(container(asksOn))));
  await world.until(
    "an answer",
    async () => /web-/u.test(await logOf(world, "asks").catch(() => "")),
    podMsMax,
  );
}

export const affinity: Behaviours = {
  "net Services session affinity clusterIP": async (world) => {
    await asking(world, { sessionAffinity: "ClientIP" });
    await untilAnswers(world, "one");
  },
  "net Services switch session affinity clusterIP": async (world) => {
    await asking(world, { sessionAffinity: "None" });
    await untilAnswers(world, "several");
    await world.patch("services", "web", { spec: { sessionAffinity: "ClientIP" } });
    await untilAnswers(world, "one");
    const off = await world.patch("services", "web", { spec: { sessionAffinity: "None" } });
    assert.equal(at(off, "spec", "sessionAffinityConfig"), undefined);
    await untilAnswers(world, "several");
  },
};
