/** What the API knows of kinds, for those who bring two versions of an object together. */
import type { KubeObject, Resource } from "@beemesh/model";
import { Expressions } from "./admission/expression.ts";
import { expressionFaults } from "./admission/rules-fault.ts";
import { isHeldOnlyByFinalizers } from "./finalizer.ts";
import { defaults, validate } from "./kind.ts";

/** How objects are completed and judged that no client has written as they are. */
export interface ReunionKinds {
  /** With its defaults; undefined if the object waited only for finalizers, and has none left. */
  readonly complete: (resource: Resource, object: KubeObject) => KubeObject | undefined;
  /** The fields that are wrong. Values are not told: they may be a Secret's. */
  readonly faults: (
    resource: Resource,
    object: KubeObject,
    before: KubeObject,
  ) => readonly string[];
}

const expressions = new Expressions();

/** The same rules by which the API keeps and refuses what clients write. */
export const reunionKinds: ReunionKinds = {
  complete: (resource, object) => {
    const isGone = isHeldOnlyByFinalizers(object) && !object.metadata.finalizers?.length;
    return isGone ? undefined : defaults(resource, object);
  },
  faults: (resource, object, before) => [
    ...new Set(
      [
        ...validate(resource, object, before),
        ...expressionFaults(expressions, resource, { next: object, before }),
      ].map(({ field = "" }) => field),
    ),
  ],
};
