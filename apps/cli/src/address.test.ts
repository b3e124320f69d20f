import assert from "node:assert/strict";
import { test } from "node:test";
import { addressesOfInterfaces, addressesOfStatus, findAddresses } from "./address.ts";

const base = { netmask: "", mac: "", cidr: null };

test("addressesOfInterfaces gives multiaddrs that others can use, IPv4 first", () => {
  const interfaces = {
    lo: [{ ...base, address: "127.0.0.1", family: "IPv4" as const, internal: true }],
    eth0: [
      { ...base, address: "fe80::1", family: "IPv6" as const, internal: false, scopeid: 2 },
      { ...base, address: "2001:db8::1", family: "IPv6" as const, internal: false, scopeid: 0 },
      { ...base, address: "192.0.2.7", family: "IPv4" as const, internal: false },
    ],
    none: undefined,
  };
  assert.deepEqual(addressesOfInterfaces(interfaces, 4100), [
    "/ip4/192.0.2.7/tcp/4100",
    "/ip6/2001:db8::1/tcp/4100",
  ]);
});

test("addressesOfStatus takes what a daemon says, wherever it says it", () => {
  const addresses = ["/ip4/127.0.0.1/tcp/1", "/ip4/192.0.2.7/tcp/1", 7];
  const useful = ["/ip4/192.0.2.7/tcp/1"];
  assert.deepEqual(addressesOfStatus(JSON.stringify({ addresses })), useful);
  assert.deepEqual(addressesOfStatus(JSON.stringify({ machine: { addresses } })), useful);
  assert.deepEqual(addressesOfStatus("no JSON"), []);
  assert.deepEqual(addressesOfStatus("[]"), []);
});

test("findAddresses does without a daemon", async () => {
  const found = await findAddresses("/nonexistent/http.sock", 4100);
  assert.ok(found.every((address) => address.endsWith("/tcp/4100")));
});
