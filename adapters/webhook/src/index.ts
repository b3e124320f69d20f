/**
 * Calls of admission webhooks over HTTPS: programs of strangers, which may be slow, send garbage
 * or too much of it, or be somebody else. Each call ends in time, in an answer or in the words of
 * kube-apiserver for why there is none.
 *
 * @module
 */

export { WebhookClient, type WebhookClientOptions } from "./webhook-client.ts";
