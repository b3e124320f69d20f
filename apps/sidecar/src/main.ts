/**
 * Usage: main.ts <socket path> [address in the pod]…
 *
 * Ends by itself when its socket is gone: then the pod is gone, or another gate took its place.
 */
import { Gate } from "./gate.ts";

/** How long a gate without a pod may go on: nobody can reach it any more, it only costs memory. */
const lookMs = 10_000;

const [socketPath = "", ...addresses] = process.argv.slice(2);
// The gate is for the machine alone: whoever opens its socket is inside the pod.
process.umask(0o077);
const gate = new Gate({
  socketPath,
  addresses: addresses.length > 0 ? addresses : ["127.0.0.1", "::1"],
});
gate.open(() => {
  setInterval(() => {
    if (!gate.isReachable()) process.exit();
  }, lookMs);
});
