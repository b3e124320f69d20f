/** Real kubectl, in every version that this machine has, against the stub. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { kubectls } from "../../../test/kubectls.ts";
import { portOf } from "../../../test/port-of.ts";
import { openStub, type Stub, startStub } from "./stub-machine.test.ts";

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let stub: Stub | undefined;
let folder = "";

/** Runs kubectl to its end, with `input` on its standard input. */
function kubectl(path: string, args: readonly string[], input = ""): Promise<Outcome> {
  return new Promise((resolve) => {
    const config = ["--kubeconfig", join(folder, "config"), "--cache-dir", join(folder, "cache")];
    const child = execFile(
      path,
      [...config, ...args],
      { timeout: 30_000 },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 255), stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

function kubeconfig({ client }: Stub): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "stub",
    contexts: [{ name: "stub", context: { cluster: "stub", user: "ann" } }],
    clusters: [
      {
        name: "stub",
        cluster: {
          server: `https://127.0.0.1:${client.port}`,
          "certificate-authority-data": base64(client.ca),
        },
      },
    ],
    users: [
      {
        name: "ann",
        user: {
          "client-certificate-data": base64(client.cert),
          "client-key-data": base64(client.key),
        },
      },
    ],
  });
}

before(async () => {
  if (kubectls.length === 0) return;
  folder = mkdtempSync(join(tmpdir(), "gateway-kubectl-"));
  stub = await startStub({ tunnel: (tunnel) => openStub(tunnel, folder) });
  if (stub) writeFileSync(join(folder, "config"), kubeconfig(stub));
});

after(async () => {
  await stub?.server.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const skip = kubectls.length === 0 ? "there is no kubectl" : false;

describe("kubectl", { skip }, () => {
  for (const path of kubectls) {
    const version = path.replace(/^.*\//u, "");

    test(`${version} exec: output, error output, input and exit code`, async () => {
      const script = `process.stdin.on("data", (d) => process.stdout.write("got " + d));
        process.stdin.on("end", () => { console.error("done"); process.exitCode = 7; });`;
      const args = ["exec", "-i", "web", "--", "node", "-e", script];
      const { code, stdout, stderr } = await kubectl(path, args, "hello\n");
      assert.equal(stdout, "got hello\n");
      assert.match(stderr, /done[\s\S]*exit code 7/u);
      assert.equal(code, 7);
    });

    test(`${version} exec: 10 MB of output arrive whole`, async () => {
      const script = `for (let i = 0; i < 160; i += 1) process.stdout.write("x".repeat(65536))`;
      const target = `${version}.out`;
      const command = ["exec", "web", "--", "node", "-e", script];
      const child = spawn(
        "sh",
        [
          "-c",
          `exec "$@" | wc -c > ${join(folder, target)}`,
          "sh",
          path,
          "--kubeconfig",
          join(folder, "config"),
          ...command,
        ],
        { stdio: "ignore" },
      );
      const [code]: unknown[] = await once(child, "exit");
      assert.equal(code, 0);
      assert.equal(readFileSync(join(folder, target), "utf8").trim(), String(160 * 65_536));
    });

    test(`${version} attach`, async () => {
      const { stdout } = await kubectl(path, ["attach", "-i", "web"], "to and fro\n");
      assert.match(stdout, /to and fro/u);
    });

    test(`${version} cp, there and back`, async () => {
      const source = join(folder, "source");
      writeFileSync(source, Buffer.alloc(300_000, version));
      const there = await kubectl(path, ["cp", source, `web:${folder}/there-${version}`]);
      assert.equal(there.code, 0, there.stderr);
      const back = await kubectl(path, ["cp", `web:${folder}/there-${version}`, `${folder}/back`]);
      assert.equal(back.code, 0, back.stderr);
      assert(readFileSync(join(folder, "back")).equals(readFileSync(source)));
    });

    test(`${version} logs -f`, async () => {
      const { stdout, code } = await kubectl(path, ["logs", "-f", "web"]);
      assert.equal(stdout, "first line\nlast line\n");
      assert.equal(code, 0);
    });

    test(`${version} port-forward: twenty requests at once`, async () => {
      const web = createServer((request, response) => {
        response.end(`${request.url}`.repeat(20_000));
      });
      await once(web.listen(0, "127.0.0.1"), "listening");
      const port = portOf(web);
      const { child, localPort } = await startForward(path, port);
      try {
        const texts = await Promise.all(
          Array.from({ length: 20 }, async (_, index) => {
            const answer = await fetch(`http://127.0.0.1:${localPort}/${index}`);
            return answer.text();
          }),
        );
        for (const [index, text] of texts.entries()) {
          assert.equal(text.length, `/${index}`.length * 20_000);
        }
      } finally {
        child.kill();
        web.close();
        web.closeAllConnections();
        await once(child, "exit");
      }
    });

    test(`${version} port-forward: a refused connection is told`, async () => {
      const { child, localPort, errors } = await startForward(path, 1);
      await fetch(`http://127.0.0.1:${localPort}/`).catch(() => undefined);
      child.kill();
      await once(child, "close");
      assert.match(errors(), /Cannot connect to port 1 of the pod/u);
    });
  }
});

async function startForward(
  path: string,
  port: number,
): Promise<{ child: ChildProcess; localPort: number; errors: () => string }> {
  const config = ["--kubeconfig", join(folder, "config")];
  const child = spawn(path, [...config, "port-forward", "pod/web", `:${port}`]);
  let text = "";
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const localPort = await new Promise<number>((resolve, reject) => {
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const found = /127\.0\.0\.1:(\d+)/u.exec(text)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
    child.once("exit", () => reject(new Error(`kubectl ended: ${errors}`)));
  });
  return { child, localPort, errors: () => errors };
}
