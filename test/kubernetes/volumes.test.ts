/** Volumes of pods, by the names of Kubernetes' tests: two machines with Podman. */
import { cannotStage } from "../workload/stage.ts";
import { podSuites, showSuite } from "./suite.ts";

showSuite("volumes of Kubernetes 1.35", podSuites.volumes, {
  machines: 2,
  runtime: "podman",
  atOnce: 8,
  skip: cannotStage(),
});
