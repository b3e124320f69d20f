import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { KubeObject } from "@beemesh/model";
import { egressNamesOf, holdsName, isDefaultDeny } from "./annotation.ts";

function annotated(name: string, value: string): KubeObject {
  const metadata = { name: "x", annotations: { [name]: value } };
  return { apiVersion: "v1", kind: "Namespace", metadata };
}

const holds = (text: string, name: string, port?: number): boolean =>
  egressNamesOf(annotated("beemesh.io/egress-names", text)).some((each) =>
    holdsName(each, name, port),
  );

test("a namespace asks for default deny by the word true alone", () => {
  assert(isDefaultDeny(annotated("beemesh.io/default-deny", "true")));
  for (const value of ["", "false", "True", "1"]) {
    assert(!isDefaultDeny(annotated("beemesh.io/default-deny", value)));
  }
});

describe("beemesh.io/egress-names", () => {
  test("names hosts, at one port or at all", () => {
    const text = "api.example.com, Other.Example.ORG.:443";
    assert(holds(text, "api.example.com", 80) && holds(text, "other.example.org", 443));
    assert(!holds(text, "other.example.org", 80), "another port");
    assert(holds(text, "other.example.org"), "some port");
    assert(!holds(text, "example.com") && !holds(text, "x.api.example.com"));
  });

  test("names by a star what has one or more labels before", () => {
    assert(holds("*.example.org:443", "a.example.org", 443));
    assert(holds("*.example.org", "a.b.example.org"));
    for (const name of ["example.org", ".example.org", "badexample.org", "a.example.org.evil"]) {
      assert(!holds("*.example.org", name), name);
    }
  });

  for (const entry of ["*", "*.", "a..b", "a.*.b", "a:0", "a:65536", "a:x", "-a", "a b", ":443"]) {
    test(`takes nothing from ${entry}, and goes on`, () => {
      assert(!holds(entry, "a") && !holds(entry, ""));
      assert(holds(`${entry},good.example`, "good.example"));
    });
  }

  test("is bounded in entries and in length", () => {
    const many = Array.from({ length: 300 }, (_, index) => `n${index}.example`).join(",");
    assert(holds(many, "n255.example") && !holds(many, "n256.example"));
    assert(!holds("x,".repeat(20_000), "x"));
  });
});
