/** What the names say that need containers: two machines with Podman. */
import { cannotStage } from "../workload/stage.ts";
import { podSuite, showSuite } from "./suite.ts";

showSuite("pods of Kubernetes 1.35", podSuite, {
  machines: 2,
  runtime: "podman",
  atOnce: 8,
  skip: cannotStage(),
});
