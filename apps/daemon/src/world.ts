import { randomInt } from "node:crypto";
import { join } from "node:path";
import { BeeError, type Random } from "@beemesh/base";
import { MemberDirectory } from "@beemesh/identity";
import { takeDescriptor } from "@beemesh/kernel";
import { createLink, type MeshLink } from "@beemesh/mesh";
import type { Disk, Runtime } from "@beemesh/ports";
import { createRuntime } from "@beemesh/runtime";
import { sidecarProgram } from "@beemesh/sidecar";
import { openDisk } from "@beemesh/store";
import type { DaemonConfig } from "./config.ts";
import type { Membership } from "./home.ts";
import type { Log } from "./log.ts";
import type { Parts } from "./parts.ts";
import { PatientDisk } from "./patient-disk.ts";

/** The world of one machine: its disk, its members' certificates, its pods, its mesh. */
export interface World {
  readonly disk: PatientDisk;
  readonly directory: MemberDirectory;
  readonly runtime: Runtime;
  readonly link: MeshLink;
}

/** The note that keeps the certificates of known members over a restart. */
const membersNote = "identity.members";

/** Chance of the operating system. */
export const systemRandom: Random = { below: (bound) => randomInt(bound) };

/**
 * Opens the adapters; each is closed with `parts`.
 *
 * @throws {BeeError} `data-in-use`, `certificate-refused`, `runtime-unavailable` and what the
 *   mesh throws.
 */
export async function openWorld(
  config: DaemonConfig,
  membership: Membership,
  { log, parts }: { readonly log: Log; readonly parts: Parts },
): Promise<World> {
  const patient = new PatientDisk(openDisk(join(config.data, "store")));
  const disk = parts.add(patient, (store) => store.close());
  const directory = openDirectory(membership, disk);
  const runtime = parts.add(await openRuntime(config, log), (opened) => opened.close());
  const link = parts.add(await openLink(config, membership, directory), (opened) => opened.close());
  return { disk, directory, runtime, link };
}

function openDirectory({ mesh, certificate, key }: Membership, disk: Disk): MemberDirectory {
  const directory = new MemberDirectory({
    mesh,
    nowMs: () => Date.now(),
    onChange: () => disk.set(membersNote, directory.certificates().join("\n")),
  });
  directory.restore((disk.get(membersNote) ?? "").split("\n").filter((line) => line !== ""));
  const own = directory.admit(certificate, key.id);
  if (own.kind === "admitted") return directory;
  const message = `Cannot start: this machine's certificate is no good: ${own.reason}`;
  throw new BeeError("certificate-refused", message);
}

/** What a sidecar opens to read its pod's device. */
const tunPath = "/dev/net/tun";

function openRuntime(config: DaemonConfig, log: Log): Promise<Runtime> {
  return createRuntime({
    driver: config.runtime,
    directory: join(config.data, "runtime"),
    sidecarPath: sidecarProgram(),
    takeDevice: (pid) => takeDescriptor(pid, tunPath),
    ...(config.podmanSocket !== undefined && { socket: config.podmanSocket }),
    onChoice: (reason: string) => log.info("Chose a runtime", { reason }),
  });
}

function openLink(
  config: DaemonConfig,
  { key, mesh, certificate, bootstrap }: Membership,
  directory: MemberDirectory,
): Promise<MeshLink> {
  return createLink({
    seed: key.seed(),
    mesh,
    random: systemRandom,
    admission: {
      // The directory knows a renewed one.
      certificate: () => directory.certificateOf(key.id) ?? certificate,
      admit: (shown, peer) => {
        const admission = directory.admit(shown, peer);
        return admission.kind === "refused" ? admission.reason : undefined;
      },
      isMember: (peer) => directory.get(peer) !== undefined,
    },
    listen: [`/ip4/${config.meshHost}/tcp/${config.meshPort}`],
    bootstrap: [...config.bootstrap, ...bootstrap],
    mdns: config.mdns,
  });
}
