import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BeeError } from "@beemesh/base";
import type { Runtime } from "@beemesh/ports";
import { findCommand, run } from "./command.ts";
import type { ImageImporter } from "./image-source.ts";

/** The name of the example image: a small web server that says on which pod it runs. */
export const helloImage = "localhost/beemesh-hello:1";

/**
 * Both kinds serve `/` with the host name and `/healthz`, on $PORT or 8080. The shell stays the
 * first process of its container, for the first process only hears a TERM that it asked for.
 */
const busyboxScript = `mkdir -p /tmp/www
echo "<!doctype html><title>BeeMesh</title><h1>Hello from $(hostname)</h1>" >/tmp/www/index.html
echo ok >/tmp/www/healthz
trap 'kill $!; exit 0' TERM INT
echo "$(hostname) serves on port \${PORT:-8080}"
httpd -f -v -p "\${PORT:-8080}" -h /tmp/www & wait $!`;

const nodeScript = `import { createServer } from "node:http";
const { HOST = "127.0.0.1", HOSTNAME = "", PORT = "8080" } = process.env;
const page = \`<!doctype html><title>BeeMesh</title><h1>Hello from \${HOSTNAME}</h1>\\n\`;
const pages = { "/": ["text/html", page], "/healthz": ["text/plain", "ok\\n"] };
createServer((request, response) => {
  const [type, body] = pages[request.url] ?? [];
  if (body === undefined) response.writeHead(404).end();
  else response.writeHead(200, { "content-type": type }).end(body);
}).listen(Number(PORT), HOST, () => console.log(\`\${HOSTNAME} serves on port \${PORT}\`));
process.on("SIGTERM", () => process.exit());
`;

/**
 * Makes the example image where this runtime keeps its images, out of what is on this computer:
 * for Podman of a static busybox, for processes of this Node.
 *
 * @throws {BeeError} `start-failed` if there is no static busybox.
 */
export async function makeHelloImage(runtime: Runtime & ImageImporter): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "beemesh-image-"));
  const tree = join(folder, "tree");
  const tarPath = join(folder, "tree.tar");
  mkdirSync(tree);
  try {
    const entrypoint = runtime.name === "podman" ? await plantBusybox(tree) : plantNodeServer(tree);
    await run("tar", ["-C", tree, "-cf", tarPath, "."]);
    await runtime.importImage({ name: helloImage, tarPath, entrypoint });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function plantBusybox(tree: string): Promise<string[]> {
  const busybox = findCommand("busybox");
  if (busybox === undefined) {
    const message = "Cannot make example image: busybox is not installed (Debian: busybox-static)";
    throw new BeeError("start-failed", message);
  }
  for (const name of ["bin", "etc", "tmp", "proc", "sys", "dev"]) mkdirSync(join(tree, name));
  // Whoever the container runs as needs a place to write.
  chmodSync(join(tree, "tmp"), 0o1777);
  copyFileSync(busybox, join(tree, "bin", "busybox"));
  const applets = (await run(busybox, ["--list"])).split("\n").filter((name) => name !== "");
  for (const name of applets.filter((applet) => applet !== "busybox")) {
    symlinkSync("busybox", join(tree, "bin", name));
  }
  writeFileSync(
    join(tree, "etc", "passwd"),
    "root:x:0:0:root:/:/bin/sh\nbee:x:1000:1000::/:/bin/sh\n",
  );
  writeFileSync(join(tree, "etc", "group"), "root:x:0:\nbee:x:1000:\n");
  return ["/bin/sh", "-c", busyboxScript];
}

function plantNodeServer(tree: string): string[] {
  writeFileSync(join(tree, "server.mjs"), nodeScript);
  return [process.execPath, "--max-semi-space-size=1", "server.mjs"];
}
