import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { JsonObject } from "@beemesh/wire";
import { aliasCauses, dnsCauses } from "./resolver-rules.ts";

describe("rules for how a pod looks for names", () => {
  const check = (spec: JsonObject): string[] =>
    dnsCauses(spec, "spec").map(({ field, message }) => `${field}: ${message}`);

  test("want servers where there are no others", () => {
    const spec = { dnsPolicy: "None" };
    const rule =
      "Required value: must provide at least one DNS nameserver when `dnsPolicy` is None";
    assert.deepEqual(check({ ...spec, dnsConfig: {} }), [`spec.dnsConfig.nameservers: ${rule}`]);
    assert.deepEqual(check({ ...spec, dnsConfig: { nameservers: ["1.1.1.1"] } }), []);
    assert.deepEqual(check({ dnsConfig: {} }), []);
  });

  test("take three servers, by their addresses", () => {
    const servers = ["1.1.1.1", "fd00::1", "one.example", "1.1.1.2"];
    const found = check({ dnsConfig: { nameservers: servers } });
    assert.deepEqual(
      found.map((cause) => cause.split(": ")[0]),
      ["spec.dnsConfig.nameservers", "spec.dnsConfig.nameservers[2]"],
    );
    assert.match(found[0] ?? "", /must not have more than 3 nameservers$/u);
    assert.match(found[1] ?? "", /must be a valid IP address/u);
  });

  test("take domains that are names, and not too many or too long", () => {
    const searches = [".", "a.example.", "_tcp.example", "No"];
    assert.deepEqual(
      check({ dnsConfig: { searches } }).map((cause) => cause.split(": ")[0]),
      ["spec.dnsConfig.searches[3]"],
    );
    const many = Array.from({ length: 33 }, (_, index) => `d${index}`);
    assert.match(check({ dnsConfig: { searches: many } }).join(), /more than 32 search paths$/u);
    const long = Array.from({ length: 16 }, () => "a".repeat(63) + "." + "b".repeat(64));
    assert.match(check({ dnsConfig: { searches: long } }).join(), /more than 2048 characters/u);
  });

  test("want options to have names", () => {
    const options = [{ name: "ndots", value: "2" }, { value: "2" }];
    assert.deepEqual(check({ dnsConfig: { options } }), [
      "spec.dnsConfig.options[1]: Required value: must not be empty",
    ]);
  });
});

test("aliases are names of addresses", () => {
  const hostAliases = [
    { ip: "1.2.3.4", hostnames: ["foo", "bar.example"] },
    { ip: "1.2.3", hostnames: ["a b"] },
  ];
  assert.deepEqual(
    aliasCauses({ hostAliases }, "spec").map(({ field }) => field),
    ["spec.hostAliases[1].ip", "spec.hostAliases[1].hostnames[0]"],
  );
});
