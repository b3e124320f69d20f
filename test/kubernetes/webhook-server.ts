/** A program that is asked before something is written: what it answers stands in its path. */
import { spawn } from "node:child_process";
import { makeCertificate } from "../stub-webhook.ts";
import type { World } from "./world.ts";

/** How long the slow answer takes, in milliseconds. */
export const slowMs = 2000;

/** Runs on the machine's own host, whose loopback it listens on; it has nothing of this program. */
const script = `
const { createServer } = require("node:https");
const patch = (operations) => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});
const init = { name: "added", image: "localhost/none:1" };
const answers = {
  "/allow": () => ({ allowed: true }),
  "/slow": () => ({ allowed: true }),
  "/refuse": () => ({ allowed: false, status: { message: "the webhook denied the request" } }),
  "/deny": ({ object, oldObject }) => {
    const isBad = ((object ?? oldObject)?.metadata?.labels ?? {}).webhook === "deny";
    return isBad ? { allowed: false, status: { message: "the webhook denied the request" } } : { allowed: true };
  },
  "/mutate": ({ object }) =>
    patch([{ op: "add", path: "/data", value: { ...object?.data, mutated: "yes" } }]),
  "/mutate-pod": () => patch([{ op: "add", path: "/spec/initContainers", value: [init] }]),
};
const server = createServer({ key: process.env.KEY, cert: process.env.CERT }, (request, response) => {
  let text = "";
  request.setEncoding("utf8").on("data", (chunk) => { text += chunk; });
  request.on("end", () => {
    const [path] = request.url.split("?");
    const { apiVersion, kind, request: asked } = JSON.parse(text);
    const answer = answers[path](asked);
    const body = JSON.stringify({ apiVersion, kind, response: { uid: asked.uid, ...answer } });
    setTimeout(() => {
      response.setHeader("content-type", "application/json");
      response.end(body);
    }, path === "/slow" ? ${slowMs} : 0);
  });
});
server.listen(0, "127.0.0.1", () => console.log("port " + server.address().port));
`;

/** Where a webhook is asked. */
export interface WebhookServer {
  readonly port: number;
  readonly caBundle: string;
}

/** Starts one on the first machine's host, until the test is over. */
export async function startWebhook(world: World): Promise<WebhookServer> {
  const { key, certificate } = makeCertificate([]);
  const [command = process.execPath, ...enter] = world.mesh.machines[0]?.host?.enter ?? [];
  const argv = command === process.execPath ? [] : [...enter, process.execPath];
  const env = { ...process.env, KEY: key, CERT: certificate };
  const child = spawn(command, [...argv, "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env,
  });
  world.atEnd(async () => void child.kill("SIGKILL"));
  child.stdout.setEncoding("utf8");
  for await (const said of child.stdout) {
    const port = Number(/port (?<port>\d+)/u.exec(String(said))?.groups?.["port"]);
    return { port, caBundle: Buffer.from(certificate).toString("base64") };
  }
  throw new Error("the webhook did not begin to listen");
}
