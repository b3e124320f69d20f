import type { Outcome, ScenarioOptions } from "./outcome.ts";
import { Story } from "./story.ts";

/** Half of the mesh is cut off, both sides go on, and the older pods stay when it heals. */
export function partition(options: ScenarioOptions): Outcome {
  const story = new Story(options);
  const { world } = story.mesh;
  const side = world.ids.slice(0, Math.ceil(world.ids.length / 2));
  const rest = world.ids.slice(side.length);
  world.cut("wall", side, rest);
  const [left, right] = [side, rest].map((ids) => story.untilRunning(ids, story.pods));
  story.metrics["leftMs"] = left ?? 0;
  story.metrics["rightMs"] = (left ?? 0) + (right ?? 0);
  story.pass(3000);
  world.heal();
  return story.end("partition", options.seed);
}

/**
 * Each side of a cut changes another field of one Deployment, and both a third one, on machines
 * whose clocks differ. Afterwards it has what both have changed, and of the third the later.
 */
export function edits(options: ScenarioOptions): Outcome {
  const story = new Story(options);
  const { client, mesh, pods } = story;
  const { world } = mesh;
  const { random } = world;
  const side = world.ids.slice(0, Math.ceil(world.ids.length / 2));
  const rest = world.ids.slice(side.length);
  const [left = "", right = ""] = [side, rest].map((ids) => ids[random.below(ids.length)]);
  world.jumpWall(left, random.below(4000) - 2000);
  world.cut("wall", side, rest);
  story.pass(4000 + random.below(4000));
  const writes = [
    () => client.scale(left, "web", pods + 1),
    () => client.paint(left, "web", "red"),
    () => client.paint(right, "web", "blue"),
    () => client.slow(right, "web", 1),
  ];
  while (writes.length > 0) {
    for (const write of writes.splice(random.below(writes.length), 1)) write();
    story.pass(random.below(2000));
  }
  story.pass(3000);
  story.metrics["acknowledged"] = client.promises.acknowledged;
  world.heal();
  return story.end("edits", options.seed);
}

/** One machine after another dies; the last runs everything, loses its power, and runs it again. */
export function survivor(options: ScenarioOptions): Outcome {
  const story = new Story(options);
  const { world } = story.mesh;
  const [last, ...others] = world.ids;
  if (last === undefined) return story.end("survivor", options.seed);
  for (const id of others) {
    story.crash(id);
    story.pass(world.random.below(4000));
  }
  story.metrics["aloneMs"] = story.untilRunning([last], story.pods);
  story.crash(last);
  story.pass(1000);
  world.restart(last);
  story.metrics["rebootMs"] = story.untilRunning([last], story.pods);
  return story.end("survivor", options.seed);
}

/** All machines lose their power at once and come back one after another. */
export function reboot(options: ScenarioOptions): Outcome {
  const story = new Story(options);
  const { world } = story.mesh;
  for (const id of world.ids) story.crash(id);
  story.pass(1000);
  for (const id of world.ids) {
    world.restart(id);
    story.pass(world.random.below(2000));
  }
  return story.end("reboot", options.seed);
}
