// What the address /assets/sha2.js serves (`web.pages.home`), for the type checker.
export { sha256 } from "@noble/hashes/sha2.js";
