/**
 * Installs what npm cannot: as root on Debian or Ubuntu, Podman and what it needs. Says what it
 * does before it does it; elsewhere it leaves the machine alone, and BeeMesh runs pods as
 * processes.
 */
import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter } from "node:path";

/** Command to look for, and the Debian package that brings it. */
const needed = {
  podman: "podman",
  runc: "runc",
  nft: "nftables",
  ip: "iproute2",
  catatonit: "catatonit",
  busybox: "busybox-static",
  openssl: "openssl",
} as const;

function isInstalled(command: string): boolean {
  return `${process.env["PATH"] ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`
    .split(delimiter)
    .some((folder) => {
      try {
        accessSync(`${folder}/${command}`, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const missing = Object.entries(needed)
  .filter(([command]) => !isInstalled(command))
  .map(([, name]) => name);
const canInstall =
  process.platform === "linux" && process.getuid?.() === 0 && isInstalled("apt-get");

if (canInstall && missing.length > 0) {
  process.stderr.write(`beemesh: installing Debian packages (once): ${missing.join(" ")}\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options: SpawnSyncOptions = { env, stdio: ["ignore", "ignore", "inherit"] };
  spawnSync("apt-get", ["update", "-qq"], options);
  const done = spawnSync(
    "apt-get",
    ["install", "-y", "-qq", "--no-install-recommends", ...missing],
    options,
  );
  if (done.status !== 0) {
    const packages = missing.join(" ");
    process.stderr.write(
      `beemesh: cannot install ${packages}; going on without Podman. Try: apt-get install ${packages}\n`,
    );
  }
}
