import { test } from "node:test";
import { runSeeds } from "./seeds.test.ts";

test("chaos, the second half of the seeds", () => runSeeds(1));
