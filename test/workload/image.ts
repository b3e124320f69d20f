/** An image of this computer's programs, for pods that tests run them in. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Program, runOrThrow } from "../../adapters/lab/src/index.ts";

/** What an image is made of. */
export interface ImageParts {
  /** With its tag, such as `localhost/beemesh-test-tools:1`. */
  readonly name: string;
  readonly programs: readonly Program[];
  /** A program whose libraries are in the image, and itself comes as a mount at /bin/<name>. */
  readonly mounted?: Program;
  /** Texts that stand in it, by their paths; programs all. */
  readonly scripts?: Readonly<Record<string, string>>;
  /** What it runs, and the arguments that it has for that by itself. */
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[];
  /** Folders that the programs read, by where they look for them. */
  readonly folders?: Readonly<Record<string, string>>;
}

/**
 * Makes an image of programs of this computer, with the libraries that they name, and busybox.
 *
 * @param sockets - Of the Podman of each machine that gets it.
 */
export async function makeImage(sockets: readonly string[], parts: ImageParts): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "beemesh-image-"));
  const tree = join(folder, "tree");
  const tarPath = join(folder, "tree.tar");
  try {
    await plantSystem(tree);
    for (const program of parts.programs) await plant(tree, program);
    if (parts.mounted !== undefined) await plantLibraries(tree, parts.mounted);
    for (const [path, script] of Object.entries(parts.scripts ?? {})) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), script, { mode: 0o755 });
    }
    for (const [path, from] of Object.entries(parts.folders ?? {})) copy(from, join(tree, path));
    await runOrThrow(["tar", "-C", tree, "--owner=0", "--group=0", "-cf", tarPath, "."]);
    const changes = changesOf(parts).flatMap((change) => ["--change", change]);
    const imports = sockets.map((socket) => {
      const podman = ["podman", "--url", `unix://${socket}`];
      return runOrThrow([...podman, "import", ...changes, tarPath, parts.name]);
    });
    // All have ended before the tar goes, also when one has failed.
    const outcomes = await Promise.allSettled(imports);
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function changesOf({ entrypoint, cmd }: ImageParts): readonly string[] {
  return [
    ...(entrypoint === undefined ? [] : [`ENTRYPOINT ${JSON.stringify(entrypoint)}`]),
    ...(cmd === undefined ? [] : [`CMD ${JSON.stringify(cmd)}`]),
  ];
}

async function plantSystem(tree: string): Promise<void> {
  for (const name of ["bin", "etc", "tmp", "proc", "sys", "dev", "home", "usr/lib"]) {
    mkdirSync(join(tree, name), { recursive: true });
  }
  for (const name of ["tmp", "home"]) chmodSync(join(tree, name), 0o1777);
  const busybox = ["/bin/busybox", "/usr/bin/busybox"].find((path) => existsSync(path)) ?? "";
  copy(busybox, join(tree, "bin/busybox"));
  const applets = await runOrThrow([busybox, "--list"]);
  for (const applet of applets.split("\n").filter((name) => name !== "" && name !== "busybox")) {
    symlinkSync("busybox", join(tree, "bin", applet));
  }
  writeFileSync(
    join(tree, "etc/passwd"),
    "root:x:0:0::/home:/bin/sh\nbee:x:1000:1000::/home:/bin/sh\n",
  );
  writeFileSync(join(tree, "etc/group"), "root:x:0:\nbee:x:1000:\n");
  // Names are asked of the pod's name server alone.
  writeFileSync(join(tree, "etc/nsswitch.conf"), "hosts: files dns\n");
}

/** The program as /bin/<name>, its libraries where its loader looks for them. */
async function plant(tree: string, program: Program): Promise<void> {
  const { path } = program;
  const target = join(tree, "bin", path.slice(path.lastIndexOf("/") + 1));
  rmSync(target, { force: true });
  copy(path, target);
  await plantLibraries(tree, program);
}

async function plantLibraries(tree: string, { path, env }: Program): Promise<void> {
  const libraries = await runOrThrow(["ldd", path], { env });
  for (const [, library = ""] of libraries.matchAll(/(?:=> )?(\/\S+) \(0x/gu)) {
    const isLoader = library.includes("ld-linux");
    const place = isLoader ? library : join("/usr/lib", library.slice(library.lastIndexOf("/")));
    copy(library, join(tree, place));
  }
  // Loaded by name at run time, so that no program lists them.
  for (const library of ["libnss_dns.so.2", "libnss_files.so.2", "libresolv.so.2"]) {
    const found = ["/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/lib64"]
      .map((place) => join(place, library))
      .find((place) => existsSync(place));
    if (found !== undefined) copy(found, join(tree, "usr/lib", library));
  }
}

function copy(from: string, to: string): void {
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, dereference: true });
}
