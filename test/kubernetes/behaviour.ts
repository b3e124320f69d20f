/** What a name of the conformance tests stands for here: something that a client sees. */
import type { World } from "./world.ts";

/** Shows one name; whatever it makes stands in the world's own namespace, or is removed by itself. */
export type Behaviour = (world: World) => Promise<void>;

/** Tests by name, as {@link names} has them. */
export type Behaviours = Readonly<Record<string, Behaviour>>;
