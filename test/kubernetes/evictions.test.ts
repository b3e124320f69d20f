/** What sends pods away, one after another, by the names of Kubernetes' tests: two machines with Podman. */
import { cannotStage } from "../workload/stage.ts";
import { podSuites, showSuite } from "./suite.ts";

showSuite("lone of Kubernetes 1.35", podSuites.lone, {
  machines: 2,
  runtime: "podman",
  atOnce: 1,
  skip: cannotStage(),
});
