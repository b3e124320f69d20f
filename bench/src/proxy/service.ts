/**
 * The program behind the proxies that are measured: an echo, a sink that answers with how much it
 * took, and a small HTTP page, each on a port of its own. Run as a process:
 *
 *     node service.ts HOST ECHO-PORT SINK-PORT HTTP-PORT
 */
import { createServer as createHttpServer } from "node:http";
import { createServer, type Socket } from "node:net";

const [host = "127.0.0.1", echoPort = "0", sinkPort = "0", httpPort = "0"] = process.argv.slice(2);

function ignoreErrors(socket: Socket): void {
  socket.setNoDelay(true).on("error", () => socket.destroy());
}

createServer({ allowHalfOpen: true }, (socket) => {
  ignoreErrors(socket);
  socket.pipe(socket);
}).listen(Number(echoPort), host);

createServer({ allowHalfOpen: true }, (socket) => {
  ignoreErrors(socket);
  let taken = 0;
  socket.on("data", (chunk: Buffer) => {
    taken += chunk.length;
  });
  socket.on("end", () => socket.end(`${taken}\n`));
}).listen(Number(sinkPort), host);

const page = Buffer.from("<!doctype html><title>BeeMesh</title><h1>Hello</h1>\n");
createHttpServer((_request, response) => {
  response.writeHead(200, { "content-type": "text/html", "content-length": page.length });
  response.end(page);
})
  .on("connection", ignoreErrors)
  .listen(Number(httpPort), host, () => process.stdout.write("ready\n"));
