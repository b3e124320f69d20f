import { chaos } from "./chaos.ts";
import { clones } from "./clones.ts";
import { following } from "./following.ts";
import { heal } from "./heal.ts";
import type { Outcome, ScenarioOptions } from "./outcome.ts";
import { edits, partition, reboot, survivor } from "./stories.ts";

/** Every scenario by the name that `beemesh sim` knows it by. */
export const scenarios: Readonly<Record<string, (options: ScenarioOptions) => Outcome>> = {
  chaos,
  clones,
  following,
  heal,
  partition,
  survivor,
  reboot,
  edits,
};
