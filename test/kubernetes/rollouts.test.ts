/** Workloads whose pods run, by the names of Kubernetes' tests: two machines with Podman. */
import { cannotStage } from "../workload/stage.ts";
import { podSuites, showSuite } from "./suite.ts";

showSuite("workloads of Kubernetes 1.35", podSuites.workloads, {
  machines: 2,
  runtime: "podman",
  atOnce: 8,
  skip: cannotStage(),
});
