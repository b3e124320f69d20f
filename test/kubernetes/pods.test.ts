/** What the names say that need containers: two machines with Podman. */
import { cannotStage } from "../workload/stage.ts";
import { loneSuite, podSuite, showSuite } from "./suite.ts";

const stage = { machines: 2, runtime: "podman", skip: cannotStage() } as const;

showSuite("pods of Kubernetes 1.35", podSuite, { ...stage, atOnce: 8 });
showSuite("pods of Kubernetes 1.35, one after another", loneSuite, { ...stage, atOnce: 1 });
