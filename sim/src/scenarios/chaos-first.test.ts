import { test } from "node:test";
import { runKept, runSeeds } from "./seeds.test.ts";

test("chaos, the first half of the seeds", () => runSeeds(0));

test("chaos, the seeds that failed once", () => runKept());
