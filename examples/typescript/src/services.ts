/** The services of a daemon, made of the project's protos when the program runs. */
import { fileURLToPath } from "node:url";

import {
  type CallOptions,
  type Client,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type requestCallback,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

import type { ProtoGrpcType as DiscussionTypes } from "./generated/discussion.js";
import type { DiscussionServiceClient } from "./generated/heddle/v1/DiscussionService.js";
import type { OperationLogQueryServiceClient } from "./generated/heddle/v1/OperationLogQueryService.js";
import type { StateReviewServiceClient } from "./generated/heddle/v1/StateReviewService.js";
import type { TransactionServiceClient } from "./generated/heddle/v1/TransactionService.js";
import type { ProtoGrpcType as LogTypes } from "./generated/operation_log.js";
import type { ProtoGrpcType as ReviewTypes } from "./generated/state_review.js";
import type { ProtoGrpcType as TransactionTypes } from "./generated/transaction.js";

const PROTOS = fileURLToPath(new URL("../../../protos", import.meta.url));
const FILES = ["state_review", "discussion", "operation_log", "transaction"];

export interface Services {
  reviews: StateReviewServiceClient;
  discussions: DiscussionServiceClient;
  log: OperationLogQueryServiceClient;
  transactions: TransactionServiceClient;
  close(): void;
}

/** Return the services behind a Unix socket. */
export function connect(socket: string): Services {
  const loaded: GrpcObject = loadPackageDefinition(
    loadSync(
      FILES.map((name) => `heddle/v1/${name}.proto`),
      { includeDirs: [PROTOS], keepCase: true, longs: String, enums: String, oneofs: true, defaults: true, arrays: true },
    ),
  );
  const { v1 } = (
    loaded as unknown as ReviewTypes & DiscussionTypes & LogTypes & TransactionTypes
  ).heddle;
  const target = `unix:${socket}`;
  // A path is no host's name, which is what would be sent otherwise.
  const options = { "grpc.default_authority": "localhost" };
  const insecure = credentials.createInsecure();
  const services = {
    reviews: new v1.StateReviewService(target, insecure, options),
    discussions: new v1.DiscussionService(target, insecure, options),
    log: new v1.OperationLogQueryService(target, insecure, options),
    transactions: new v1.TransactionService(target, insecure, options),
  };
  return { ...services, close: () => Object.values(services).forEach((client) => client.close()) };
}

/** The last of a method's overloads, which is the one that TypeScript infers from. */
type Method<Request, Reply> = (request: Request, callback: requestCallback<Reply>) => unknown;

type WithOptions<Request, Reply> = (
  request: Request,
  options: CallOptions,
  callback: requestCallback<Reply>,
) => unknown;

/** Make a call within 30 seconds; return its reply. */
export function callAsync<Request, Reply>(
  client: Client,
  method: Method<Request, Reply>,
  request: Request,
): Promise<Reply> {
  const send = method as unknown as WithOptions<Request, Reply>;
  return new Promise((resolve, reject) => {
    send.call(client, request, { deadline: Date.now() + 30_000 }, (error, reply) =>
      error || reply === undefined ? reject(error) : resolve(reply),
    );
  });
}
