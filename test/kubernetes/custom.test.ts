/** What the names say of custom resources: one machine's API, over its own socket. */
import { customSuite, showSuite } from "./suite.ts";

const title = "custom resources of Kubernetes 1.35";
showSuite(title, customSuite, { machines: 1, runtime: "process", atOnce: 4 });
