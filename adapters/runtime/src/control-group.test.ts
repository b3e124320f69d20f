import assert from "node:assert/strict";
import { test } from "node:test";
import {
  controlGroupOf,
  countsOf,
  parseControlGroup,
  processesIn,
  ranOutOfMemory,
} from "./control-group.ts";

test("parseControlGroup reads both versions, and a host that has both", () => {
  assert.deepEqual(parseControlGroup("0::/a.slice/b\n"), {
    version: "v2",
    memory: "/sys/fs/cgroup/a.slice/b",
    cpu: "/sys/fs/cgroup/a.slice/b",
  });
  assert.deepEqual(parseControlGroup("0::/\n4:memory:/a:b\n2:cpu,cpuacct:/c\n"), {
    version: "v1",
    memory: "/sys/fs/cgroup/memory/a:b",
    cpu: "/sys/fs/cgroup/cpuacct/c",
  });
  assert.equal(parseControlGroup(""), undefined);
  assert.equal(parseControlGroup("0::/\n"), undefined);
});

test("a group that is gone has no counts and did not run out of memory", () => {
  const gone = { version: "v2", memory: "/no/such", cpu: "/no/such" } as const;
  assert.equal(countsOf(gone), undefined);
  assert(!ranOutOfMemory(gone));
  assert.deepEqual(processesIn("no-such-group"), []);
});

test("this process has counts, if its system counts", (context) => {
  const group = controlGroupOf(process.pid);
  const counts = group && countsOf(group);
  if (counts === undefined) context.skip("no control groups here");
  else assert(counts.memoryBytes > 0);
});
