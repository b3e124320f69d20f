import type { Now, Random } from "@beemesh/base";
import { type Pod, ResourceBook } from "@beemesh/model";
import type { Introductions, Revision, Signer, Verifier } from "@beemesh/ports";
import { type Kinds, Objects, Registry, Reunions } from "@beemesh/registry";
import { collectionOf, type Entry, type PeerId } from "@beemesh/wire";
import { descentOf, lineageOf } from "./lineage.ts";
import { interestedIn } from "./placement.ts";

/** What {@link openRecords} needs. */
export interface RecordsOptions {
  readonly self: PeerId;
  readonly signer: Signer;
  readonly verifier: Verifier;
  /** Where the authors of records are looked up that were never met. */
  readonly introductions: Introductions | undefined;
  readonly random: Random;
  readonly now: Now;
  /** What the disk holds under `revisionNote` of the registry. */
  readonly ceiling: Revision | undefined;
  /** By what versions from two sides of a cut come together; without it the newer holds whole. */
  readonly kinds?: Kinds | undefined;
}

/** The records of one machine: signed entries, and the objects that they make up. */
export interface Records {
  readonly registry: Registry;
  readonly objects: Objects;
}

/** Makes the records of a machine, still empty. */
export function openRecords({ now, ceiling, kinds, ...options }: RecordsOptions): Records {
  const { self } = options;
  const resources = new ResourceBook();
  const reunions = kinds && new Reunions({ resources, kinds });
  const known = { interested: interestedIn, descent: descentOf, reunions };
  const registry = new Registry({ ...options, ...known });
  return { registry, objects: new Objects({ self, registry, now, ceiling, resources }) };
}

/** The signed records by which another machine can tell that a pod may run. */
export function proofOf(pod: Pod, { registry, objects }: Records): readonly Entry[] {
  const { records } = lineageOf(pod, (...place) => objects.get(...place));
  return records.flatMap(({ collection, name }) => registry.get(collection, name, "spec") ?? []);
}

/** Whether this machine itself has told that it has started a pod. */
export function hasRun(pod: Pod, registry: Pick<Registry, "get">, self: PeerId): boolean {
  const { namespace = "", name, uid = "" } = pod.metadata;
  const told = registry.get(collectionOf("pods", "", namespace), name, `status:${uid}`);
  return told?.author === self && pod.status?.startTime !== undefined;
}

/** Whether anything here was written by another machine. */
export function hasMet({ registry }: Records, self: PeerId): boolean {
  return registry
    .collections()
    .some((collection) => registry.list(collection).some(({ author }) => author !== self));
}
