/**
 * Usage: main.ts <socket path> <descriptor path> <IPv4 of the pod> <IPv6 of the pod>
 *        main.ts outside <socket path> <descriptor path> <address of the program> <reach>…
 *
 * Started as root in the pod's network namespace; what needs root is done first, and then it is
 * nobody's. `outside` is beside a program that is in no pod: nothing that the program sends is
 * taken but at the ports that `reach` names, so that nothing needs root; if it is root, it becomes
 * nobody's all the same. Ends by itself when its socket is gone: then the pod is gone, or another
 * sidecar took its place.
 */
import { DescriptorInbox, makeTransparent, openTun, returnMemory } from "@beemesh/kernel";
import { interceptedPort } from "./interceptor.ts";
import { connectionLimit } from "./limits.ts";
import { watchPort } from "./packet-port.ts";
import { restWhenIdle } from "./rest.ts";
import { Sidecar } from "./sidecar.ts";

/** How long a sidecar without a pod may go on: nobody can reach it, it only costs memory. */
const lookMs = 10_000;
/** User and group `nobody`, by the number that every distribution gives it. */
const nobody = 65_534;

/** The device that the pod's routes lead to. */
const deviceName = "beemesh0";

/** The device that this process's predecessor had, with what waits in it; else opens it anew. */
function openDevice(): number {
  const inherited = Number(process.env["BEEMESH_DEVICE"] ?? "");
  return inherited > 0 ? inherited : openTun(deviceName);
}

const isOutside = process.argv[2] === "outside";
const [socketPath = "", descriptorPath = "", ...addresses] = process.argv.slice(isOutside ? 3 : 2);
// The sidecar is for the machine alone: whoever opens its socket is inside the pod.
process.umask(0o077);
const sidecar = new Sidecar({
  socketPath,
  addresses: isOutside ? addresses.slice(0, 1) : addresses,
  reaches: isOutside ? addresses.slice(1) : [],
  interceptedPort: isOutside ? undefined : interceptedPort,
  connectionsMax: connectionLimit(),
  makeTransparent,
  inbox: new DescriptorInbox(descriptorPath),
  watch: watchPort,
  device: isOutside ? undefined : openDevice(),
});
sidecar.open();
if (process.getuid?.() === 0) {
  process.setgroups?.([]);
  process.setgid?.(nobody);
  process.setuid?.(nobody);
}
setInterval(() => {
  if (!sidecar.isReachable) process.exit();
}, lookMs);
restWhenIdle(returnMemory);
