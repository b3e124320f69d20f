import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { BeeError } from "@beemesh/base";
import {
  type ApiAuthority,
  type ApiTrust,
  admitMember,
  apiTrustOf,
  createMesh,
  createToken,
  deriveUserAuthority,
  type Issuer,
  issueUser,
  joinWithToken,
  type MeshId,
  openKey,
  openServerCredential,
  ownerOf,
  readToken,
  type SigningKey,
  signApiTrust,
  writeCertificate,
  writeKubeconfig,
} from "@beemesh/identity";
import { isJsonObject, type JsonObject, parseJson } from "@beemesh/wire";

/** What a machine knows of itself and of its mesh, from its own disk. */
export interface Membership {
  readonly mesh: MeshId;
  readonly key: SigningKey;
  /** The membership certificate, as text. */
  readonly certificate: string;
  /** Where other machines were when this one joined. */
  readonly bootstrap: readonly string[];
  readonly apiTrust: ApiTrust;
}

/** What a join token allows. */
export interface TokenWish {
  readonly addresses: readonly string[];
  readonly expiresMs: number;
  readonly usesMax?: number;
  readonly namespaces: readonly string[];
}

/** Where a machine keeps everything if nothing else is said: the system's place, or the user's. */
export function defaultData(): string {
  return process.getuid?.() === 0 ? "/var/lib/beemesh" : join(homedir(), ".local/share/beemesh");
}

/**
 * A machine's data directory: who it is, and which mesh it belongs to.
 *
 *     identity/machine.key    the machine's key; never leaves
 *     identity/mesh.key       the owner's key; only where the mesh was made, may be moved away
 *     identity/mesh.json      mesh, certificate, where others are, whose kubectl to believe
 *     run/                    sockets of the running daemon
 *     store/                  the registry
 *     runtime/                pods
 */
export class Home {
  readonly data: string;

  constructor(data: string) {
    this.data = data;
  }

  /** Where the API listens besides its port; for programs of this computer that may read it. */
  get apiSocket(): string {
    return join(this.data, "run", "api.sock");
  }

  /** Where the classic interface listens besides its port. */
  get httpSocket(): string {
    return join(this.data, "run", "http.sock");
  }

  /**
   * Makes a mesh whose owner and first machine is this one.
   *
   * @throws {BeeError} `mesh-exists` if the machine belongs to one already.
   */
  initialize(nowMs: number): MeshId {
    this.#refuseIfMember();
    const machine = openKey(this.#path("machine.key"));
    const { id, key } = createMesh();
    writeSecret(this.#path("mesh.key"), key.toPem());
    const certificate = admitMember(ownerOf(key), machine.id, {}, nowMs);
    const apiTrust = signApiTrust(key, deriveUserAuthority(key).certificate);
    this.#save({ certificate: writeCertificate(certificate), bootstrap: [], apiTrust });
    return id;
  }

  /**
   * Joins the mesh that a token is of.
   *
   * @throws {BeeError} `mesh-exists`, or `token-malformed` if the text is no token.
   */
  join(text: string, nowMs: number): MeshId {
    this.#refuseIfMember();
    const token = readToken(text.trim());
    if (token?.apiTrust === undefined) {
      const message = "Cannot join: the text is no token; print one with `beemesh token`";
      throw new BeeError("token-malformed", message);
    }
    const machine = openKey(this.#path("machine.key"));
    const certificate = writeCertificate(joinWithToken(token, machine.id, nowMs));
    this.#save({ certificate, bootstrap: token.addresses, apiTrust: token.apiTrust });
    return token.mesh;
  }

  /**
   * Makes a join token with the owner's key.
   *
   * @throws {BeeError} `owner-absent` if the owner's key is not here.
   */
  token(wish: TokenWish, nowMs: number): string {
    const { apiTrust } = this.open();
    return createToken(ownerOf(this.#owner()), { ...wish, apiTrust }, nowMs);
  }

  /**
   * A kubeconfig for this machine's API.
   *
   * @param options.owner - The home where the owner's key is, to certify the user with.
   * @throws {BeeError} `owner-absent` if the owner's key is not there.
   */
  kubeconfig(
    options: {
      readonly server: string;
      readonly name: string;
      readonly user: string;
      readonly owner: Home;
    },
    nowMs: number,
  ): string {
    const { authority } = this.serverCredential([]);
    const userAuthority = deriveUserAuthority(options.owner.#owner());
    const user = { name: options.user, groups: ["system:masters"] };
    const credential = issueUser(userAuthority, user, nowMs);
    const machine = { name: options.name, server: options.server, authority };
    return writeKubeconfig({ ...credential, name: options.user }, [machine]);
  }

  /** The certificate that this machine's API shows: of its key, whatever it is called. */
  serverCredential(names: readonly string[]): ReturnType<typeof openServerCredential> {
    return openServerCredential(join(this.data, "identity"), this.open().key.id, names);
  }

  /**
   * Who this machine is.
   *
   * @throws {BeeError} `mesh-absent` if it belongs to no mesh yet.
   */
  open(): Membership {
    const path = this.#path("mesh.json");
    const text = readText(path);
    const saved = text === undefined ? undefined : membershipOf(parseJson(text));
    if (saved === undefined) {
      const message =
        text === undefined
          ? `Cannot open ${this.data}: no mesh yet; run \`beemesh init\` or \`beemesh join TOKEN\``
          : `Cannot open ${path}: it is damaged; join again after removing it`;
      throw new BeeError("mesh-absent", message, { facts: { data: this.data } });
    }
    const key = openKey(this.#path("machine.key"));
    return { mesh: saved.apiTrust.mesh, key, ...saved };
  }

  /** The right to admit members; undefined if the owner's key is not here. */
  issuer(): Issuer | undefined {
    return existsSync(this.#path("mesh.key")) ? ownerOf(this.#owner()) : undefined;
  }

  /** The authority of the API's users; undefined if the owner's key is not here. */
  userAuthority(): ApiAuthority | undefined {
    return existsSync(this.#path("mesh.key")) ? deriveUserAuthority(this.#owner()) : undefined;
  }

  /** Keeps a renewed certificate of this machine. */
  keepCertificate(certificate: string): void {
    const { bootstrap, apiTrust } = this.open();
    this.#save({ certificate, bootstrap, apiTrust });
  }

  #owner(): SigningKey {
    if (!existsSync(this.#path("mesh.key"))) {
      const message = `Cannot sign: the owner's key is not in ${this.data}`;
      throw new BeeError("owner-absent", message, { facts: { data: this.data } });
    }
    return openKey(this.#path("mesh.key"));
  }

  #refuseIfMember(): void {
    if (!existsSync(this.#path("mesh.json"))) return;
    const message = `Cannot change ${this.data}: it belongs to a mesh already; use another --data`;
    throw new BeeError("mesh-exists", message, { facts: { data: this.data } });
  }

  #save(saved: Omit<Membership, "key" | "mesh">): void {
    const { apiTrust, ...rest } = saved;
    writeSecret(this.#path("mesh.json"), `${JSON.stringify({ version: 1, ...rest, apiTrust })}\n`);
  }

  #path(name: string): string {
    return join(this.data, "identity", name);
  }
}

function membershipOf(value: unknown): Omit<Membership, "key" | "mesh"> | undefined {
  if (!isJsonObject(value)) return undefined;
  const { certificate, bootstrap, apiTrust }: JsonObject = value;
  const trust = apiTrustOf(apiTrust);
  if (typeof certificate !== "string" || !Array.isArray(bootstrap) || trust === undefined) {
    return undefined;
  }
  return { certificate, bootstrap: bootstrap.map(String), apiTrust: trust };
}

/** Writes a file that is whole or absent, readable by its owner only. */
function writeSecret(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
