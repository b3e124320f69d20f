import assert from "node:assert/strict";
import { test } from "node:test";
import { drawBoard } from "./board.ts";

test("drawBoard aligns machines and pods, and counts the load", () => {
  const nodes = [
    { name: "m1", isReady: true, address: "10.77.0.1", runtime: "podman://4.3.1" },
    { name: "machine2", isReady: false, address: "10.77.0.2", runtime: "podman://4.3.1" },
  ];
  const pod = {
    namespace: "default",
    name: "web",
    uid: "u",
    node: "m1",
    phase: "Running",
    isReady: true,
    isDeleting: false,
    restarts: 1,
    startedAt: "",
  };
  assert.equal(
    drawBoard(nodes, [pod, { ...pod, name: "new", node: "", phase: "Pending", isReady: false }]),
    [
      "MACHINE    STATUS     ADDRESS     RUNTIME          LOAD",
      "m1         Ready      10.77.0.1   podman://4.3.1   1 pods",
      "machine2   NotReady   10.77.0.2   podman://4.3.1   0 pods",
      "",
      "POD           STATUS    MACHINE   RESTARTS",
      "default/web   Ready     m1        1 restarts",
      "default/new   Pending   <none>    1 restarts",
    ].join("\n"),
  );
});
