// Review a worktree, talk about it, follow the log, and try something that is taken back.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	heddle "example.com/heddle-example/heddlev1"
)

//go:generate ./generate.sh

func main() {
	repository := "."
	if len(os.Args) > 1 {
		repository = os.Args[1]
	}
	if err := run(repository); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(repository string) error {
	// A linked worktree has no .heddle of its own: its repository's main worktree has it.
	socket := filepath.Join(repository, ".heddle", "sockets", "grpc.sock")
	connection, err := connect(socket)
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()

	anchor, err := review(ctx, connection)
	if err != nil {
		return err
	}
	if anchor == nil {
		fmt.Println("no function was changed: there is nothing to talk about")
		return nil
	}
	if err := discuss(ctx, connection, anchor); err != nil {
		return err
	}
	return tryAndTakeBack(ctx, connection, filepath.Join(repository, anchor.File))
}

// connect makes a channel over a Unix socket, however its path is written.
func connect(socket string) (*grpc.ClientConn, error) {
	if _, err := os.Stat(socket); err != nil {
		return nil, fmt.Errorf("no daemon runs (heddle agent serve --detach starts it): %w", err)
	}
	return grpc.NewClient("passthrough:///heddle",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "unix", socket)
		}))
}

// review prints the review of the worktree and returns the first function that was changed.
func review(ctx context.Context, connection *grpc.ClientConn) (*heddle.PathSymbolRef, error) {
	// Without a state it is the worktree that is reviewed.
	payload, err := heddle.NewStateReviewServiceClient(connection).
		GetReviewPayload(ctx, &heddle.GetReviewPayloadRequest{})
	if err != nil {
		return nil, err
	}
	summary := payload.Summary
	fmt.Printf("files changed: %d (+%d -%d)\n",
		summary.FilesChanged, summary.AddedLines, summary.RemovedLines)
	for _, ref := range payload.Partition.Consequence {
		fmt.Println("to read:", ref.File, ref.Symbol)
	}
	for _, signal := range payload.InBudgetSignals {
		fmt.Printf("signal: %s: %s\n", signal.Kind, signal.Reason)
	}
	if len(payload.Partition.Consequence) == 0 {
		return nil, nil
	}
	return payload.Partition.Consequence[0], nil
}

// discuss opens a discussion and follows the log from its beginning until that is in it.
func discuss(ctx context.Context, connection *grpc.ClientConn, anchor *heddle.PathSymbolRef) error {
	// A request that is sent again under its id, after a failure, opens no second discussion.
	operation := uuid.NewString()
	discussion, err := heddle.NewDiscussionServiceClient(connection).
		OpenDiscussion(ctx, &heddle.OpenDiscussionRequest{
			StateId:           []byte("HEAD"),
			Anchor:            anchor,
			Body:              "Why was this changed?",
			ClientOperationId: operation,
		})
	if err != nil {
		return err
	}
	fmt.Println("discussion:", discussion.Turns[0].Body)

	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := heddle.NewOperationLogQueryServiceClient(connection).
		StreamOperations(ctx, &heddle.StreamOperationsRequest{
			Query:  &heddle.QueryOperationsRequest{Verbs: []string{"snapshot", "discussion.open"}},
			Follow: true,
		})
	if err != nil {
		return err
	}
	for {
		hit, err := stream.Recv()
		if err != nil {
			return err
		}
		fmt.Println("log:", hit.Verb)
		if hit.OperationId == operation && slices.Contains(hit.Symbols, anchor.File+":"+anchor.Symbol) {
			return nil
		}
	}
}

// tryAndTakeBack spoils a file within a transaction, which is aborted.
func tryAndTakeBack(ctx context.Context, connection *grpc.ClientConn, path string) (err error) {
	transactions := heddle.NewTransactionServiceClient(connection)
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begun, err := transactions.BeginTransaction(ctx, &heddle.BeginTransactionRequest{
		Message:           "try something",
		ClientOperationId: uuid.NewString(),
	})
	if err != nil {
		return err
	}
	spoiled := os.WriteFile(path, []byte("spoiled\n"), 0o644)
	_, aborted := transactions.AbortTransaction(ctx, &heddle.AbortTransactionRequest{
		TransactionId:     begun.TransactionId,
		Reason:            "it was of no use",
		ClientOperationId: uuid.NewString(),
	})
	after, read := os.ReadFile(path)
	if err := errors.Join(spoiled, aborted, read); err != nil {
		return err
	}
	fmt.Println("taken back:", bytes.Equal(after, before))
	return nil
}
