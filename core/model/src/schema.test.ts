import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { resources } from "./resource.ts";
import { fieldAt, typeNamed, typeNames, typeOfResource } from "./schema.ts";

const pod = typeNamed("core.v1.Pod");
assert(pod);

describe("the schema", () => {
  test("has every served kind, with apiVersion, kind and metadata", () => {
    for (const resource of resources) {
      const type = typeOfResource(resource);
      assert(type.isKind, type.name);
      assert.equal(type.members.get("metadata")?.type, "meta.v1.ObjectMeta");
      assert(type.members.has("apiVersion") && type.members.has("kind"));
    }
  });

  test("has every type that a field speaks of", () => {
    for (const name of typeNames()) {
      for (const field of typeNamed(name)?.members.values() ?? []) {
        assert(!field.type.includes(".") || typeNamed(field.type), `${name}.${field.name}`);
        assert(field.number > 0 || ["apiVersion", "kind"].includes(field.name));
      }
    }
  });

  test("knows how lists merge", () => {
    const ports = fieldAt(pod, ["spec", "containers", "ports"]);
    assert.deepEqual(ports?.merge, {
      patchStrategies: ["merge"],
      patchKey: "containerPort",
      listType: "map",
      listKeys: ["containerPort", "protocol"],
      isAtomic: false,
      isGranular: false,
    });
    assert.equal(fieldAt(pod, ["spec", "nodeSelector"])?.merge.isAtomic, true);
    assert.equal(typeNamed("meta.v1.LabelSelector")?.isAtomic, true);
    assert.equal(typeNamed("core.v1.PodSpec")?.isAtomic, false);
  });

  test("puts the members of inline messages into their holder's JSON, not its protobuf", () => {
    const volume = typeNamed("core.v1.Volume");
    assert.deepEqual(volume?.members.get("emptyDir")?.type, "core.v1.EmptyDirVolumeSource");
    assert.equal(volume.members.has("volumeSource"), false);
    assert.equal(volume.wireFields.get(2)?.name, "volumeSource");
    assert(typeNamed("core.v1.EphemeralContainer")?.members.has("image"));
  });

  test("marks what is required", () => {
    assert.equal(fieldAt(pod, ["spec", "containers"])?.isRequired, true);
    assert.equal(fieldAt(pod, ["spec", "containers", "image"])?.isRequired, false);
    assert.equal(fieldAt(pod, ["spec", "nothing"]), undefined);
    assert.equal(fieldAt(pod, ["spec", "hostname", "x"]), undefined);
  });
});
