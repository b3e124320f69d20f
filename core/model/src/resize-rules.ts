/**
 * Rules for the resources of pods that run: what `pods/<name>/resize` may change, and what
 * containers say of it before.
 *
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import { canonicalJson, type Json, type JsonObject } from "@beemesh/wire";
import { type Cause, duplicate, forbidden, invalid } from "./cause.ts";
import { entriesAt, objectAt, objectsAt, textAt } from "./members.ts";
import { qosClassOf } from "./qos.ts";
import { oneOf, type ValueRules } from "./value-check.ts";

/** Resources of which a container that runs may get others. */
const resizable: ReadonlySet<string> = new Set(["cpu", "memory"]);

const containerLists = ["containers", "initContainers"] as const;

/** Which values fields take. */
export const resizeValueRules: ValueRules = {
  "core.v1.ContainerResizePolicy": {
    resourceName: oneOf(...resizable),
    restartPolicy: oneOf("NotRequired", "RestartContainer"),
  },
};

/** What is wrong with the policies of a pod's containers. */
export function resizePolicyCauses(spec: JsonObject, path: string): readonly Cause[] {
  const isNever = textAt(spec, "restartPolicy") === "Never";
  return containerLists.flatMap((list) =>
    objectsAt(spec, list).flatMap((container, index) =>
      policyCauses(container, `${path}.${list}[${index}].resizePolicy`, isNever),
    ),
  );
}

function policyCauses(container: JsonObject, field: string, isNever: boolean): readonly Cause[] {
  const seen = new Set<string>();
  return objectsAt(container, "resizePolicy").flatMap((policy) => {
    const name = textAt(policy, "resourceName");
    const restartPolicy = textAt(policy, "restartPolicy");
    const isTwice = name !== "" && seen.has(name);
    seen.add(name);
    // What runs again by itself does, whatever its pod's policy is.
    const runsOn = textAt(container, "restartPolicy") === "Always";
    const isWrong = isNever && !runsOn && restartPolicy === "RestartContainer";
    const rule = "must be 'NotRequired' when `restartPolicy` is 'Never'";
    return [
      ...(isTwice ? [duplicate(field, name)] : []),
      ...(isWrong ? [invalid(field, restartPolicy, rule)] : []),
    ];
  });
}

/** What is wrong with other resources of a pod that runs. */
export function resizeCauses(before: JsonObject, body: JsonObject): readonly Cause[] {
  const [old, now] = [objectAt(before, "spec") ?? {}, objectAt(body, "spec") ?? {}];
  const misplaced = containerLists.flatMap((list) => orderCauses(list, old, now));
  if (misplaced.length > 0) return misplaced;
  const quality = qosClassOf(body);
  const rule = "Pod QOS Class may not change as a result of resizing";
  return [
    ...(quality === qosClassOf(before) ? [] : [invalid("spec", quality, rule)]),
    ...containerLists.flatMap((list) => removalCauses(list, old, now)),
    ...(canonicalJson(fixedPart(old)) === canonicalJson(fixedPart(now))
      ? []
      : [forbidden("spec", "only cpu and memory resources are mutable")]),
  ];
}

function orderCauses(list: string, old: JsonObject, now: JsonObject): readonly Cause[] {
  const [had, has] = [old, now].map((spec) =>
    objectsAt(spec, list).map((each) => textAt(each, "name")),
  );
  if (had?.length !== has?.length) {
    return [forbidden(`spec.${list}`, "containers may not be added or removed on resize")];
  }
  return (had ?? []).flatMap((name, index) =>
    name === has?.[index]
      ? []
      : [
          forbidden(
            `spec.${list}[${index}].name`,
            "containers may not be renamed or reordered on resize",
          ),
        ],
  );
}

function removalCauses(list: string, old: JsonObject, now: JsonObject): readonly Cause[] {
  const containers = objectsAt(now, list);
  return objectsAt(old, list).flatMap((container, index) =>
    ["limits", "requests"].flatMap((share) => {
      const left = objectAt(containers[index], "resources", share);
      const isGone = entriesAt(container, "resources", share).some(
        ([name]) => !Object.hasOwn(left ?? {}, name),
      );
      const field = `spec.${list}[${index}].resources.${share}`;
      return isGone ? [forbidden(field, `resource ${share} cannot be removed`)] : [];
    }),
  );
}

/** The specification without what may change; of init containers only those that run on. */
function fixedPart(spec: JsonObject): JsonObject {
  const inits = objectsAt(spec, "initContainers").map((each) =>
    textAt(each, "restartPolicy") === "Always" ? withoutSize(each) : each,
  );
  return {
    ...spec,
    containers: objectsAt(spec, "containers").map(withoutSize),
    initContainers: inits,
  };
}

function withoutSize({ resizePolicy: _policy, resources, ...rest }: JsonObject): JsonObject {
  const own = Object.entries(objectAt({ resources: resources ?? null }, "resources") ?? {});
  const kept = own.flatMap(([member, value]): [string, Json][] => {
    if (member !== "limits" && member !== "requests") return [[member, value]];
    const others = entriesAt({ value }, "value").filter(([name]) => !resizable.has(name));
    return others.length === 0 ? [] : [[member, Object.fromEntries(others)]];
  });
  return { ...rest, resources: Object.fromEntries(kept) };
}
