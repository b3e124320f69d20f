import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { MemberDirectory } from "@beemesh/identity";
import { Home } from "./home.ts";

const nowMs = Date.UTC(2026, 10, 20);
const wish = { addresses: ["/ip4/127.0.0.1/tcp/4100"], expiresMs: 3_600_000, namespaces: ["*"] };

/** Runs with two empty data directories, and removes them. */
function withHomes(use: (first: Home, second: Home) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "home-"));
  try {
    use(new Home(join(folder, "a")), new Home(join(folder, "b")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("Home", () => {
  test("a machine that joins by token belongs to the same mesh, and proves it", () => {
    withHomes((first, second) => {
      const mesh = first.initialize(nowMs);
      assert.equal(second.join(`${first.token(wish, nowMs)}\n`, nowMs), mesh);
      const joined = second.open();
      assert.deepEqual(joined.bootstrap, wish.addresses);
      const directory = new MemberDirectory({ mesh, nowMs: () => nowMs });
      assert.equal(directory.admit(joined.certificate, joined.key.id).kind, "admitted");
    });
  });

  test("only the owner makes tokens and users", () => {
    withHomes((first, second) => {
      first.initialize(nowMs);
      second.join(first.token(wish, nowMs), nowMs);
      assert.throws(() => second.token(wish, nowMs), { code: "owner-absent" });
      const options = { server: "https://127.0.0.1:6443", name: "b", user: "owner" };
      const config = second.kubeconfig({ ...options, owner: first }, nowMs);
      assert.match(config, /current-context: "beemesh-b"/u);
    });
  });

  test("belongs to one mesh only", () => {
    withHomes((first) => {
      assert.throws(() => first.open(), { code: "mesh-absent", message: /beemesh init/u });
      first.initialize(nowMs);
      assert.throws(() => first.initialize(nowMs), { code: "mesh-exists" });
    });
  });

  test("keeps what it keeps to its user", () => {
    withHomes((first) => {
      first.initialize(nowMs);
      for (const name of ["machine.key", "mesh.key", "mesh.json"]) {
        assert.equal(statSync(join(first.data, "identity", name)).mode & 0o077, 0, name);
      }
    });
  });

  test("refuses what is no token", () => {
    withHomes((first) => {
      assert.throws(() => first.join("hello", nowMs), { code: "token-malformed" });
    });
  });
});
