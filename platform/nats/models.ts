/**
 * Trained models in JetStream's object store, each under its own hash: what is there never changes, and the same
 * model is there once. Models are few and small; none is ever removed, so that a replay finds what it scored with.
 */
import { createHash } from 'node:crypto';
import type { ObjectStore } from 'nats';
import type { NatsLink } from './connect.ts';
import { MODEL_BUCKET } from './streams.ts';

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Writes the bytes, unless they are there; returns their hash. */
export async function putModel(link: NatsLink, bytes: Uint8Array): Promise<string> {
  const store = await openStore(link);
  const sha256 = sha256Of(bytes);
  const known = await read(store, sha256);
  if (known === null || sha256Of(known) !== sha256) await store.putBlob({ name: sha256 }, bytes);
  return sha256;
}

/**
 * The bytes of this hash; null when they are missing or damaged. Rejects with the client's error when NATS does
 * not answer, which says nothing about the model.
 */
export async function getModel(link: NatsLink, sha256: string): Promise<Uint8Array | null> {
  const bytes = await read(await openStore(link), sha256);
  return bytes !== null && sha256Of(bytes) === sha256 ? bytes : null;
}

/** The bucket, which `ensureStreams` has made. */
const openStore = ({ js }: NatsLink): Promise<ObjectStore> => js.views.os(MODEL_BUCKET);

/** What the client itself finds damaged counts as missing. */
async function read(store: ObjectStore, name: string): Promise<Uint8Array | null> {
  try {
    return await store.getBlob(name);
  } catch (error) {
    if (error instanceof Error && isDamage(error)) return null;
    throw error;
  }
}

/** The client reports wrong digests and sizes as plain errors, all else with a code. */
const isDamage = (error: Error) => !('code' in error);
