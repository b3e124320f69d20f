import assert from "node:assert/strict";
import { test } from "node:test";
import { ingressCaller, isIngressCaller } from "./ingress-peer.ts";

test("the ingress of a machine is a caller that only this machine can be", () => {
  const caller = ingressCaller("p1");
  assert.deepEqual(caller, {
    uid: "beemesh-ingress-p1",
    namespace: "beemesh-ingress",
    serviceAccount: "ingress",
    issuer: "p1",
  });
  assert(isIngressCaller(caller));
  for (const other of [
    { issuer: "p2" },
    { uid: "u" },
    { namespace: "shop" },
    { serviceAccount: "default" },
  ]) {
    assert(!isIngressCaller({ ...caller, ...other }));
  }
});
