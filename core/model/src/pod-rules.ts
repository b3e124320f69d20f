/** Rules for pods as a whole: what containers, volumes and mounts must have to do with another. */
import type { JsonObject } from "@beemesh/wire";
import { type Cause, forbidden, invalid, notFound, required } from "./cause.ts";
import { isSet, objectsAt, textAt } from "./members.ts";
import { labelCauses } from "./meta-rules.ts";
import { resizePolicyCauses } from "./resize-rules.ts";
import { aliasCauses, dnsCauses } from "./resolver-rules.ts";
import { duplicates, type Rules } from "./rule.ts";
import { typeNamed } from "./schema.ts";

const containerLists = ["initContainers", "containers", "ephemeralContainers"] as const;

/** What an init container may have only if it goes on running beside the others. */
const sidecarOnly = ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"];

/** Rules by type. */
export const podRules: Rules = {
  "core.v1.PodSpec": (spec, path) => [
    ...duplicates(
      containersOf(spec, path).map(({ container, field }) => ({
        key: textAt(container, "name"),
        field: `${field}.name`,
      })),
    ),
    ...duplicates(
      objectsAt(spec, "volumes").map((volume, index) => ({
        key: textAt(volume, "name"),
        field: `${path}.volumes[${index}].name`,
      })),
    ),
    ...containersOf(spec, path).flatMap(({ container, field }) =>
      mountCauses(spec, container, field),
    ),
    ...initCauses(spec, path),
    ...targetCauses(spec, path),
    ...hostPortCauses(spec, path),
    ...labelCauses(spec["nodeSelector"], `${path}.nodeSelector`),
    ...dnsCauses(spec, path),
    ...aliasCauses(spec, path),
    ...resizePolicyCauses(spec, path),
  ],
  "core.v1.Volume": (volume, path) => {
    const [first, ...more] = volumeSources.filter((source) => isSet(volume[source]));
    // Without a source it is an empty directory: the defaults say so before rules are asked.
    if (first === undefined) return [];
    return more.map((source) =>
      forbidden(`${path}.${source}`, "may not specify more than 1 volume type"),
    );
  },
  "core.v1.HostPathVolumeSource": (source, path) =>
    textAt(source, "path").split("/").includes("..")
      ? [invalid(`${path}.path`, textAt(source, "path"), "must not contain '..'")]
      : [],
  "core.v1.SecretVolumeSource": (source, path) =>
    textAt(source, "secretName") === "" ? [required(`${path}.secretName`)] : [],
  "core.v1.ConfigMapVolumeSource": (source, path) =>
    textAt(source, "name") === "" ? [required(`${path}.name`)] : [],
  "core.v1.Toleration": (toleration, path) => {
    const operator = textAt(toleration, "operator");
    if (textAt(toleration, "key") === "" && operator !== "Exists") {
      const rule =
        'operator must be Exists when `key` is empty, which means "match all values and all keys"';
      return [invalid(`${path}.operator`, operator, rule)];
    }
    if (operator === "Exists" && textAt(toleration, "value") !== "") {
      const rule = "value must be empty when `operator` is 'Exists'";
      return [invalid(`${path}.operator`, toleration, rule)];
    }
    return isSet(toleration["tolerationSeconds"]) && textAt(toleration, "effect") !== "NoExecute"
      ? [
          invalid(
            `${path}.effect`,
            textAt(toleration, "effect"),
            "effect must be 'NoExecute' when `tolerationSeconds` is set",
          ),
        ]
      : [];
  },
};

const volumeSources = [...(typeNamed("core.v1.VolumeSource")?.members.keys() ?? [])];

interface ContainerPlace {
  readonly container: JsonObject;
  readonly field: string;
}

function containersOf(spec: JsonObject, path: string): readonly ContainerPlace[] {
  return containerLists.flatMap((list) =>
    objectsAt(spec, list).map((container, index) => ({
      container,
      field: `${path}.${list}[${index}]`,
    })),
  );
}

function mountCauses(spec: JsonObject, container: JsonObject, field: string): readonly Cause[] {
  const volumes = new Set(objectsAt(spec, "volumes").map((volume) => textAt(volume, "name")));
  return objectsAt(container, "volumeMounts").flatMap((mount, index) => {
    const name = textAt(mount, "name");
    const isMissing = name !== "" && !volumes.has(name);
    return isMissing ? [notFound(`${field}.volumeMounts[${index}].name`, name)] : [];
  });
}

function initCauses(spec: JsonObject, path: string): readonly Cause[] {
  return objectsAt(spec, "initContainers").flatMap((container, index) => {
    const field = `${path}.initContainers[${index}]`;
    if (textAt(container, "restartPolicy") === "Always") return [];
    const rule = "may not be set for init containers without restartPolicy=Always";
    return sidecarOnly
      .filter((member) => isSet(container[member]))
      .map((member) => forbidden(`${field}.${member}`, rule));
  });
}

function targetCauses(spec: JsonObject, path: string): readonly Cause[] {
  const names = new Set(objectsAt(spec, "containers").map((each) => textAt(each, "name")));
  return objectsAt(spec, "ephemeralContainers").flatMap((container, index) => {
    const target = textAt(container, "targetContainerName");
    const field = `${path}.ephemeralContainers[${index}].targetContainerName`;
    return target === "" || names.has(target) ? [] : [notFound(field, target)];
  });
}

function hostPortCauses(spec: JsonObject, path: string): readonly Cause[] {
  const places = objectsAt(spec, "containers").flatMap((container, index) =>
    objectsAt(container, "ports").map((port, portIndex) => {
      const hostPort = Number(port["hostPort"] ?? 0);
      const protocol = textAt(port, "protocol") || "TCP";
      const value = `${protocol}/${textAt(port, "hostIP")}/${hostPort}`;
      const field = `${path}.containers[${index}].ports[${portIndex}].hostPort`;
      return { key: hostPort === 0 ? "" : value, field, value: hostPort };
    }),
  );
  return duplicates(places);
}
