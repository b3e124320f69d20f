/**
 * The name server of a pod: the messages of DNS (RFC 1035), and a state machine that answers them
 * by what its machine says, from a bounded cache, to any number of askers.
 *
 * @module
 */

export { type Answer, type AnswerForm, answerBytes, messageBytesMax } from "./answer.ts";
export { NameServer, type NameServerEffect, type NameServerEvent } from "./name-server.ts";
export { type Query, queryBytesMax, readQuery, responseCodes, typeName } from "./query.ts";
export { type Reply, readReply } from "./reply-reader.ts";
