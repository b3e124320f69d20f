import { after, type Instant, shortName } from "@beemesh/base";
import type { Pod } from "@beemesh/model";
import type { VolumePlan } from "@beemesh/ports";
import { canonicalJson } from "@beemesh/wire";
import { renewalMsOf, tokenWishes, withApiAccess } from "./api-access.ts";
import type { FilesPlan } from "./command.ts";
import type { Dependency } from "./dependency.ts";
import { podPlan } from "./plan.ts";
import type { Scene } from "./scene.ts";
import { dependenciesOf } from "./volumes.ts";

/** The registry tells when what is missing comes; this is for news that was lost. */
const retryMs = 20_000;

/** Of what stands in a volume: long enough that no two contents of one volume share it. */
const hashLength = 20;

/**
 * Keeps the files in a pod's volumes true while it runs: tokens are renewed before they end, and
 * what a ConfigMap, a Secret or the pod's own metadata says now is written in place of what it
 * said.
 */
export class VolumeKeeper {
  /** When the tokens are to be renewed. */
  #renewAt: Instant | undefined;
  /** When to look whether what volumes are made of says something else by now. */
  #rewriteAt: Instant | undefined;
  /** A hash of what was written into each volume without tokens. */
  readonly #written = new Map<string, string>();

  /** When to be advanced again; undefined if only news can change anything. */
  get nextAt(): Instant | undefined {
    if (this.#renewAt === undefined || this.#rewriteAt === undefined) {
      return this.#renewAt ?? this.#rewriteAt;
    }
    return this.#renewAt < this.#rewriteAt ? this.#renewAt : this.#rewriteAt;
  }

  /** The pod is being made with these. */
  planned(volumes: readonly VolumePlan[]): void {
    this.#written.clear();
    this.#note(volumes.filter(isFiles));
  }

  /** The pod has been made. */
  created(scene: Scene): void {
    this.#renewLater(scene);
  }

  /** The pod was found: nobody knows how old the tokens are, nor what has changed meanwhile. */
  found({ now }: Scene): void {
    this.#renewAt = now.at;
    this.#rewriteAt = now.at;
  }

  /** They could not be written. */
  failed({ now }: Scene): void {
    this.#written.clear();
    this.#renewAt = after(now.at, retryMs);
    this.#rewriteAt = this.#renewAt;
  }

  /** The pod's record has changed: its labels may stand in a volume. */
  updated(before: Pod, { pod, now }: Scene): void {
    const hasVolumes = (pod.spec.volumes ?? []).length > 0;
    if (hasVolumes && isOtherwiseLabelled(before, pod)) this.#rewriteAt = now.at;
  }

  /** An object has changed; tells whether it matters. */
  changed(pod: Pod, at: Instant, isIt: (dependency: Dependency) => boolean): boolean {
    const { namespace = "default" } = pod.metadata;
    const { serviceAccountName: name = "default" } = pod.spec;
    // An account that is another one by now has made the tokens void.
    const isAccount = isIt({ resource: "serviceaccounts", namespace, name });
    if (isAccount && this.#renewAt !== undefined) this.#renewAt = at;
    const isSource = dependenciesOf(pod).some(isIt);
    if (isSource) this.#rewriteAt = at;
    return isAccount || isSource;
  }

  /** Writes what is due. */
  advance(scene: Scene): void {
    const { pod, facts, lookup, access, uid, now, out } = scene;
    const renews = this.#renewAt !== undefined && now.at >= this.#renewAt;
    const rewrites = this.#rewriteAt !== undefined && now.at >= this.#rewriteAt;
    if (!renews && !rewrites) return;
    this.#rewriteAt = undefined;
    if (renews) this.#renewLater(scene);
    const plan = podPlan({ pod, lookup, facts, access });
    if (!plan.ok) {
      // What stands in the volumes stays, until what is missing comes.
      if (this.#renewAt !== undefined) this.#renewAt = after(now.at, retryMs);
      return;
    }
    const holders = holdersOf(withApiAccess(pod, lookup, access));
    const due = plan.value.volumes
      .filter(isFiles)
      .filter((each) => (holders.has(each.name) ? true : rewrites && this.#isStale(each)));
    if (due.length === 0) return;
    this.#note(due);
    out.push({ kind: "runtime", command: { kind: "writeFiles", uid, volumes: due } });
  }

  #renewLater({ pod, lookup, access, now }: Scene): void {
    const renewalMs = renewalMsOf(withApiAccess(pod, lookup, access));
    this.#renewAt = renewalMs === undefined ? undefined : after(now.at, renewalMs);
  }

  #isStale(volume: FilesPlan): boolean {
    return this.#written.get(volume.name) !== hashOfFiles(volume);
  }

  #note(volumes: readonly FilesPlan[]): void {
    for (const volume of volumes) this.#written.set(volume.name, hashOfFiles(volume));
  }
}

/** Whether the labels or annotations of a pod are others than they were. */
export function isOtherwiseLabelled(before: Pod, present: Pod): boolean {
  const text = ({ metadata: { labels, annotations } }: Pod): string =>
    canonicalJson([labels ?? {}, annotations ?? {}]);
  return text(before) !== text(present);
}

function isFiles(volume: VolumePlan): volume is FilesPlan {
  return volume.kind === "files";
}

function hashOfFiles({ files }: FilesPlan): string {
  return shortName(canonicalJson(files), hashLength);
}

/** The volumes that hold tokens, which are new each time. */
function holdersOf(pod: Pod): ReadonlySet<string> {
  const volumes = pod.spec.volumes ?? [];
  const holds = (each: (typeof volumes)[number]): boolean =>
    tokenWishes({ ...pod, spec: { ...pod.spec, volumes: [each] } }).length > 0;
  return new Set(volumes.filter(holds).map(({ name }) => name));
}
