import { instantAt } from "@beemesh/base";
import { derivedUid } from "@beemesh/model";
import { Autoscaling } from "./autoscaling.ts";
import { Census } from "./census.ts";
import { serviceCidrDefault } from "./cluster-address.ts";
import { PodGate } from "./pod-gate.ts";
import { Scheduling } from "./scheduling.ts";
import { Shelf } from "./shelf.ts";
import { UsageBook } from "./usage-book.ts";
import type { View } from "./view.ts";

/** What a single look is tried with: an empty store and a machine that keeps everything. */
export function viewOf({
  isAlive = () => true,
  wallMs = 0,
}: {
  readonly isAlive?: (machine: string) => boolean;
  readonly wallMs?: number;
} = {}): View {
  const store = new Shelf();
  const census = new Census(store);
  store.onChange((change) => census.apply(change));
  return {
    store,
    census,
    members: { rankOf: () => 0, isAlive },
    scheduling: new Scheduling(),
    autoscaling: new Autoscaling(),
    usage: new UsageBook(),
    gate: new PodGate(store),
    now: { at: instantAt(0), wallMs },
    serviceCidr: serviceCidrDefault,
    newUid: (purpose) => derivedUid(purpose),
    wasDeleted: () => false,
  };
}
