/** The life of pods, and what kubectl does with them, by the names of Kubernetes' tests: two machines with Podman. */
import { cannotStage } from "../workload/stage.ts";
import { podSuites, showSuite } from "./suite.ts";

showSuite("pods of Kubernetes 1.35", podSuites.pods, {
  machines: 2,
  runtime: "podman",
  atOnce: 8,
  skip: cannotStage(),
});
