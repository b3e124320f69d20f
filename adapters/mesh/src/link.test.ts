import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  conformsToLink,
  type LinkUnderTest,
  type NetworkOfLinks,
} from "../../../test/conformance/link.ts";
import { createLink } from "./link.ts";
import { admissionTo, Loopback, loopbackOptions, until } from "./loopback.ts";

/** Links on loopback, each with a port of its own that it keeps over a restart. */
async function networkOnLoopback(): Promise<NetworkOfLinks> {
  const loopback = new Loopback();
  const ports = new Map<string, readonly string[]>();
  const start = async (name: string, mesh: string): Promise<LinkUnderTest> => {
    const listen = ports.get(name) ?? ["/ip4/127.0.0.1/tcp/0"];
    const { link, events } = await loopback.link(name, { listen, admission: admissionTo(mesh) });
    const addresses = link.addresses().map((address) => address.split("/p2p/")[0] ?? "");
    ports.set(name, addresses);
    return { link, events, addresses, stop: () => link.close() };
  };
  return {
    member: (place) => start(`member-${place}`, "mesh"),
    stranger: () => start("stranger", "other"),
    until,
    close: () => loopback.close(),
  };
}

conformsToLink("libp2p on loopback", networkOnLoopback);

test("a link cannot be made where it cannot listen", async () => {
  const loopback = new Loopback();
  after(() => loopback.close());
  const { link } = await loopback.link("ann");
  const listen = link.addresses().map((address) => address.split("/p2p/")[0] ?? "");
  await assert.rejects(createLink({ ...loopbackOptions("bob"), listen }), {
    code: "link-failed",
  });
});
