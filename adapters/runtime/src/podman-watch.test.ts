import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { LibpodClient } from "./libpod-client.ts";
import { PodmanWatch } from "./podman-watch.ts";

test("PodmanWatch hears of exits in both ways, and of the engine's absence", async () => {
  const folder = mkdtempSync(join(tmpdir(), "watch-"));
  const signs: string[] = [];
  let heard: () => void = () => {};
  const sign = (text: string): void => {
    signs.push(text);
    heard();
  };
  const until = async (wanted: string): Promise<void> => {
    while (!signs.includes(wanted)) await new Promise<void>((resolve) => (heard = resolve));
  };
  let stream: ServerResponse | undefined;
  const server = createServer((_, response) => {
    stream = response;
    response.flushHeaders();
  });
  server.listen(join(folder, "s"));
  await once(server, "listening");
  const client = new LibpodClient(join(folder, "s"));
  const watcher = new PodmanWatch({
    client,
    exitsFolder: folder,
    onContainer: (id) => sign(`container ${id}`),
    onPodRemoved: (name) => sign(`pod ${name}`),
    onUnknown: () => sign("unknown"),
    onHealth: (ok) => sign(`health ${ok}`),
  });
  try {
    watcher.start();
    await until("unknown");
    stream?.write('{"Type":"container","Actor":{"ID":"c1"}}\n{"Type":"po');
    await until("container c1");
    stream?.write('d","Actor":{"Attributes":{"name":"web"}}}\n');
    await until("pod web");
    const id = "0".repeat(64);
    writeFileSync(join(folder, `${id}.tmp`), "");
    writeFileSync(join(folder, id), "0");
    await until(`container ${id}`);
    assert(!signs.includes(`container ${id}.tmp`));
    stream?.destroy();
    await until("health false");
    await until("health true");
  } finally {
    watcher.close();
    client.close();
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
});
