import type { Words } from "./client.ts";
import type { Scene } from "./scene.ts";

/** From when on kubectl has a form, and what older ones say to it. */
export interface Since {
  /** The first minor version that has it. */
  readonly minor: number;
  /** What older ones are asked, and how they say that they do not know it. */
  readonly asked: Words;
  readonly refused: RegExp;
}

/** One row of the table: a verb of kubectl in one of its forms. */
export interface Case {
  /** As people type it: `create deployment`, `delete --cascade=orphan`. Names the row. */
  readonly verb: string;
  /** Tests of Kubernetes 1.35's conformance suite, by their names, that this case plays. */
  readonly conformance?: readonly string[];
  /** Older versions of kubectl that do not have it, as they say themselves. */
  readonly since?: Since;
  /** A group of the API without which the verb has nothing to ask. */
  readonly group?: string;
  /** A program of this computer that the case drives. */
  readonly program?: string;
  /** Whether pods have to be containers: a process has no files and namespaces of its own. */
  readonly needsContainers?: boolean;
  /** Cases of one lock never run at the same time, for they change what all clients share. */
  readonly lock?: string;
  /** Does it with kubectl on one machine, and looks at what came of it on another. */
  play(scene: Scene): Promise<void>;
}
