import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename, dirname, join } from "node:path";

/** Modules that a script may consist of: a light process has few. */
const modulesMax = 32;

/**
 * Writes a script and the modules that it imports by relative path as plain JavaScript.
 *
 * Node can run TypeScript as it is, but the part of Node that takes the types away costs each
 * process twelve megabytes and fifty milliseconds: once is enough.
 *
 * @param script - A module in TypeScript or JavaScript. No two of its modules share a file name.
 * @returns The path of the script in `folder`.
 */
export function writePlainScript(script: string, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const waiting = [script];
  const done = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (done.has(path) || done.size > modulesMax) continue;
    done.add(path);
    const source = readFileSync(path, "utf8");
    const plain = path.endsWith(".ts") ? stripTypeScriptTypes(source) : source;
    const here = dirname(path);
    const text = plain.replaceAll(/(from\s+|import\s+)"(\.{1,2}\/[^"]+)"/gu, (_, verb, target) => {
      waiting.push(join(here, String(target)));
      return `${String(verb)}"./${plainName(String(target))}"`;
    });
    writeFileSync(join(folder, plainName(path)), text, { mode: 0o600 });
  }
  return join(folder, plainName(script));
}

function plainName(path: string): string {
  return basename(path).replace(/\.[cm]?[jt]s$/u, ".mjs");
}
