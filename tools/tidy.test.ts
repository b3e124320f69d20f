/** Checks what no linter knows: the shape of the repository itself. */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, test } from "node:test";
import { purePackages, type Ring, rings } from "./architecture.ts";
import { limitsDocument } from "./limits.ts";

/** Ring of each package, by package name. */
const ringOfPackage = new Map(
  globSync([
    "{core,protocols,planes,adapters,apps}/*/package.json",
    "{sim,bench}/package.json",
  ]).map((path) => [
    /"name": "([^"]+)"/u.exec(readFileSync(path, "utf8"))?.[1],
    path.split("/")[0],
  ]),
);

const sources = globSync(`{${Object.keys(rings).join(",")}}/**/src/**/*.ts`, {
  exclude: ["**/node_modules/**"],
}).map((path) => ({
  path,
  ring: ringAt(path),
  manifest: readFileSync(`${dirname(path).replace(/\/src.*/u, "")}/package.json`, "utf8"),
  text: readFileSync(path, "utf8"),
  isTest: path.endsWith(".test.ts"),
}));

function ringAt(path: string): Ring {
  const ring = rings[path.split("/")[0] ?? ""];
  assert(ring, `${path} stands in no ring of tools/architecture.ts`);
  return ring;
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/^(?:import|export|\}) .*from "([^"]+)";$/gmu)].map(
    ([, specifier]) => specifier ?? "",
  );
}

/** Fails with one line per offence, each naming the file and what to do instead. */
function none(offences: string[]): void {
  assert.equal(offences.length, 0, `\n${offences.join("\n")}`);
}

describe("the repository", () => {
  test("has sources to look at", () => {
    assert(sources.length > 0);
  });

  test("imports point inwards, and only what package.json declares", () => {
    none(
      sources.flatMap(({ path, ring, manifest, text }) =>
        importsOf(text)
          .filter((specifier) => specifier.startsWith("@beemesh/"))
          .flatMap((specifier) => {
            const target = ringOfPackage.get(specifier) ?? "nowhere";
            if (!manifest.includes(`"${specifier}"`)) return [`${path}: declare ${specifier}`];
            return ring.mayImport.includes(target)
              ? []
              : [`${path}: may not import from ${target}`];
          }),
      ),
    );
  });

  test("pure rings do no I/O and never wait", () => {
    none(
      sources
        .filter(({ ring, isTest }) => ring.pure && !isTest)
        .flatMap(({ path, text }) => [
          ...importsOf(text)
            .filter((specifier) => !/^(@beemesh\/|\.{1,2}\/)/u.test(specifier))
            .filter((specifier) => !path.startsWith(`${purePackages[specifier]}/`))
            .map((specifier) => `${path}: pure, yet imports ${specifier}`),
          // A port is a type: the waiting is done by the adapter that implements it.
          ...(!path.startsWith("core/ports/") && /^[^*/]*\b(async|await|Promise)\b/mu.test(text)
            ? [`${path}: pure, yet waits; return an effect instead`]
            : []),
        ]),
    );
  });

  test("every module has a test beside it, every package a door that says what it is", () => {
    none(
      sources.flatMap(({ path, ring, text, isTest }) => {
        if (path.endsWith("/index.ts")) {
          return text.includes("@module")
            ? []
            : [`${path}: say what this is, in a @module comment`];
        }
        const hasTest = isTest || existsSync(path.replace(/\.ts$/u, ".test.ts"));
        const hasLogic = /^(?:export )?(?:async )?(?:function|class) /mu.test(text);
        return hasTest || !hasLogic || ring.wholeTests ? [] : [`${path}: no test beside it`];
      }),
    );
  });

  test("lines fit in 100 columns, leftovers are gone", () => {
    none(
      sources.flatMap(({ path, text }) =>
        text.split("\n").flatMap((line, index) => {
          const tooLong = line.length > 100 && !line.includes("https://");
          if (tooLong) return [`${path}:${index + 1}: over 100 columns`];
          return /FIXME|\.only\(/u.test(line) ? [`${path}:${index + 1}: leftover`] : [];
        }),
      ),
    );
  });

  test("docs/errors.md has every code that is thrown, and no other", () => {
    const thrown = new Set(
      sources
        .filter(({ isTest }) => !isTest)
        .flatMap(({ text }) => [
          ...text.matchAll(/(?:BeeError\(\s*|code = .*|: )"([a-z]+(?:-[a-z]+)+)"/gu),
          ...text.matchAll(/\? "([a-z]+(?:-[a-z]+)+)" : "([a-z]+(?:-[a-z]+)+)"/gu),
        ])
        .flatMap(([, first, second]) => [first, second]),
    );
    const table = readFileSync("docs/errors.md", "utf8");
    const documented = table
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([a-z-]+)`/gu)])
      .map(([, code]) => code ?? "");
    const certain = sources
      .filter(({ isTest }) => !isTest)
      .flatMap(({ text }) => [...text.matchAll(/BeeError\(\s*"([a-z-]+)"/gu)])
      .map(([, code]) => code ?? "");
    none([
      ...certain
        .filter((code) => !documented.includes(code))
        .map((code) => `docs/errors.md: lacks ${code}`),
      ...documented
        .filter((code) => !thrown.has(code) && !certain.includes(code))
        .map((code) => `docs/errors.md: nothing throws ${code}`),
    ]);
  });

  test("docs/limits.md is what the code says", () => {
    const written = readFileSync("docs/limits.md", "utf8");
    assert(written === limitsDocument(), "docs/limits.md is out of date: node tools/limits.ts");
  });
});
