import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  causesText,
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  required,
  tooLong,
  typeInvalid,
} from "./cause.ts";

describe("causes", () => {
  test("speak as kube-apiserver does", () => {
    const causes = [
      required("spec.selector"),
      required("metadata.name", "name or generateName is required"),
      invalid("spec.replicas", -1, "must be greater than or equal to 0"),
      notSupported("spec.type", "X", ["NodePort", "ClusterIP"]),
      duplicate("spec.containers[1].name", "a"),
      forbidden("spec", "no"),
      notFound("spec.containers[0].volumeMounts[0].name", "v"),
      tooLong("metadata.annotations", 262_144),
      typeInvalid("spec.replicas", "3", "integer"),
    ];
    assert.deepEqual(
      causes.map(({ message }) => message),
      [
        "Required value",
        "Required value: name or generateName is required",
        "Invalid value: -1: must be greater than or equal to 0",
        'Unsupported value: "X": supported values: "ClusterIP", "NodePort"',
        'Duplicate value: "a"',
        "Forbidden: no",
        'Not found: "v"',
        "Too long: may not be more than 262144 bytes",
        'Invalid value: "string": spec.replicas in body must be of type integer',
      ],
    );
  });

  test("cut a huge value", () => {
    assert(invalid("data", "x".repeat(100_000), "no").message.length < 300);
  });

  test("are listed in brackets if there are several", () => {
    const one = required("a");
    assert.equal(causesText([one]), "a: Required value");
    assert.equal(causesText([one, one]), "[a: Required value, a: Required value]");
  });
});
