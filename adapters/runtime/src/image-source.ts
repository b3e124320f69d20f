/** An image to be made out of a file tree: what the tree lacks to be run. */
export interface ImageSource {
  /** With its tag, such as `localhost/beemesh-hello:1`. */
  readonly name: string;
  /** A tar file with the root file system. */
  readonly tarPath: string;
  readonly entrypoint: readonly string[];
  readonly cmd?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workingDir?: string;
}

/** A driver that can make images without a registry. */
export interface ImageImporter {
  /** Replaces an image of the same name. Throws BeeError `start-failed`. */
  importImage(source: ImageSource): Promise<void>;
}

/**
 * The full name of an image. A name without a registry means Docker Hub, as everybody who writes
 * manifests expects.
 */
export function qualifiedName(name: string): string {
  const [first = "", ...rest] = name.split("/");
  const hasRegistry = rest.length > 0 && (/[.:]/u.test(first) || first === "localhost");
  if (hasRegistry) return name;
  return rest.length > 0 ? `docker.io/${name}` : `docker.io/library/${name}`;
}
