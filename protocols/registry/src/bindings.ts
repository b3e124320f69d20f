import type { KubeObject } from "@beemesh/model";
import { isJsonObject } from "@beemesh/wire";

/** The pods of each machine. */
export class Bindings {
  readonly #pods = new Map<string, Map<string, KubeObject>>();

  /** Takes the place of what was known of an object; of one that is not a pod there is nothing. */
  change(before: KubeObject | undefined, object: KubeObject | undefined): void {
    if (before !== undefined) this.#remove(before);
    const machine = object === undefined ? undefined : machineOf(object);
    if (machine === undefined || object === undefined) return;
    const pods = this.#pods.get(machine) ?? new Map<string, KubeObject>();
    this.#pods.set(machine, pods);
    pods.set(keyOf(object), object);
  }

  /** The pods that are bound to a machine, in no order. */
  on(machine: string): readonly KubeObject[] {
    return [...(this.#pods.get(machine)?.values() ?? [])];
  }

  #remove(object: KubeObject): void {
    const machine = machineOf(object);
    const pods = machine === undefined ? undefined : this.#pods.get(machine);
    if (machine === undefined || pods === undefined) return;
    pods.delete(keyOf(object));
    if (pods.size === 0) this.#pods.delete(machine);
  }
}

function keyOf({ metadata: { namespace = "", name } }: KubeObject): string {
  return `${namespace}/${name}`;
}

/** The machine that an object is bound to, if it is a pod that is. */
function machineOf({ kind, spec }: KubeObject): string | undefined {
  if (kind !== "Pod" || !isJsonObject(spec)) return undefined;
  const machine = spec["nodeName"];
  return typeof machine === "string" && machine !== "" ? machine : undefined;
}
