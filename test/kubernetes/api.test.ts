/** What the names say that need no container: one machine's API, over its own socket. */
import { apiSuite, showSuite } from "./suite.ts";

showSuite("the API of Kubernetes 1.35", apiSuite, { machines: 1, runtime: "process", atOnce: 6 });
