/** Review a worktree, talk about it, follow the log, and try something that is taken back. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { PathSymbolRef__Output } from "./generated/heddle/v1/PathSymbolRef.js";
import { callAsync, connect, type Services } from "./services.js";

async function main(repository: string): Promise<void> {
  // A linked worktree has no .heddle of its own: its repository's main worktree has it.
  const socket = join(repository, ".heddle", "sockets", "grpc.sock");
  if (!existsSync(socket)) {
    throw new Error(`no daemon runs (heddle agent serve --detach starts it): there is no ${socket}`);
  }
  const services = connect(socket);
  try {
    const anchor = await review(services);
    if (anchor === undefined) {
      console.log("no function was changed: there is nothing to talk about");
      return;
    }
    await discuss(services, anchor);
    await tryAndTakeBack(services, join(repository, anchor.file));
  } finally {
    services.close();
  }
}

/** Print the review of the worktree; return the first function that was changed. */
async function review({ reviews }: Services): Promise<PathSymbolRef__Output | undefined> {
  // Without a state it is the worktree that is reviewed.
  const payload = await callAsync(reviews, reviews.GetReviewPayload, {});
  const { summary, partition } = payload;
  console.log(
    `files changed: ${summary?.files_changed} (+${summary?.added_lines} -${summary?.removed_lines})`,
  );
  const functions = partition?.consequence ?? [];
  for (const ref of functions) {
    console.log(`to read: ${ref.file} ${ref.symbol}`);
  }
  for (const signal of payload.in_budget_signals) {
    console.log(`signal: ${signal.kind}: ${signal.reason}`);
  }
  return functions[0];
}

/** Open a discussion, and follow the log from its beginning until that is in it. */
async function discuss(
  { discussions, log }: Services,
  anchor: PathSymbolRef__Output,
): Promise<void> {
  // A request that is sent again under its id, after a failure, opens no second discussion.
  const operation = randomUUID();
  const discussion = await callAsync(discussions, discussions.OpenDiscussion, {
    state_id: Buffer.from("HEAD"),
    anchor,
    body: "Why was this changed?",
    client_operation_id: operation,
  });
  console.log(`discussion: ${discussion.turns[0]?.body}`);

  const stream = log.StreamOperations(
    { query: { verbs: ["snapshot", "discussion.open"] }, follow: true },
    { deadline: Date.now() + 30_000 },
  );
  // Leaving the loop ends the stream, which is then cancelled: that is no failure.
  stream.on("error", () => undefined);
  for await (const hit of stream) {
    console.log(`log: ${hit.verb}`);
    if (hit.operation_id === operation) {
      break;
    }
  }
  stream.cancel();
}

/** Spoil a file within a transaction, which is aborted. */
async function tryAndTakeBack({ transactions }: Services, path: string): Promise<void> {
  const before = readFileSync(path);
  const begun = await callAsync(transactions, transactions.BeginTransaction, {
    message: "try something",
    client_operation_id: randomUUID(),
  });
  try {
    writeFileSync(path, "spoiled\n");
  } finally {
    await callAsync(transactions, transactions.AbortTransaction, {
      transaction_id: begun.transaction_id,
      reason: "it was of no use",
      client_operation_id: randomUUID(),
    });
  }
  console.log(`taken back: ${readFileSync(path).equals(before)}`);
}

main(process.argv[2] ?? ".").catch((error: unknown) => {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
});
