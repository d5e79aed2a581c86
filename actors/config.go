package actors

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"boxoffice/actors/payment"
	"boxoffice/storage"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a Node runs with. Start from DefaultConfig.
type Config struct {
	// Log is where decisions become durable. The Node is its only writer and the
	// only reader of its Leaderships; it does not close it.
	Log storage.Log
	// Gateway is the payment provider.
	Gateway payment.Gateway
	// Node is this node's name, as the Locator gives it.
	Node string
	// Locator says on which node an event lives.
	Locator Locator
	// Peers carries commands to events on other nodes; nil: there are no others.
	Peers Peers
	// Logger gets what an operator should know. Never ids of holds or tokens.
	Logger *slog.Logger
	// Registry gets the node's metrics; nil: none are kept.
	Registry *prometheus.Registry

	// MaxQueued bounds the commands of one event between admission and answer, those
	// that wait for a payment not counted. 8,192 commands are about 10 ms of deciding and
	// 8 MB; the next one gets ErrOverloaded. Those who pay may fill it, other classes
	// parts of it: see slotShares.
	MaxQueued int
	// MaxBatch bounds the commands of one commit: 4,096 keep a batch under 1 MiB.
	MaxBatch int
	// MaxWaiting bounds the callers of one event that wait for a payment; those
	// beyond it are told "pending" at once.
	MaxWaiting int
	// MaxActive bounds the events in memory; one more gets ErrOverloaded.
	MaxActive int
	// MaxParked bounds the callers who wait for a shard to have a leader: 16,384 are
	// half a second of 32,000 commands a second, and 8 MB. The next one gets
	// ErrUnavailable.
	MaxParked int
	// MaxServed bounds the requests of other nodes that are under way here, most of
	// them bookings that wait for a payment, with some 4 KB each. The next one gets
	// ErrOverloaded.
	MaxServed int
	// MaxPlanTickets bounds the plans of houses of events on other nodes that are
	// kept, in tickets: 4 million are at most 100 MB.
	MaxPlanTickets int
	// MoveWait is how long a command waits for its event's shard to have a leader, each
	// time that it moves: a planned move takes some 10 ms, its news a little more.
	MoveWait time.Duration
	// MaxPayments bounds the payment calls under way; further tasks queue.
	MaxPayments int
	// PaymentWait is how long a booking's caller waits for the provider before he
	// is told "pending": 10 s by the contract.
	PaymentWait time.Duration
	// PaymentTimeout is how long one call to the provider may take.
	PaymentTimeout time.Duration
	// CommitTimeout is how long one commit may take before its outcome counts as
	// unknown.
	CommitTimeout time.Duration
	// PassivateAfter is how long an event stays in memory without a command; less where
	// more than half of MaxActive are in memory.
	PassivateAfter time.Duration
	// CheckpointEvery is the number of records after which a checkpoint is taken; a
	// large state waits for four times as many records as it had entries at the last
	// one, stored answers among them, so that checkpoints never cost more than the
	// records: 32,768 records are replayed in about 50 ms. It waits for a million at
	// most.
	CheckpointEvery int
	// TickEvery is how often the node looks for due deadlines: a hold ends at most
	// this much after its time, plus a commit.
	TickEvery time.Duration

	clockWrong time.Duration // for tests: what is added to the wall clock
}

// DefaultConfig is a Config without its parts (Log, Gateway, Locator).
func DefaultConfig() Config {
	return Config{
		Logger:          slog.Default(),
		MaxQueued:       8192,
		MaxBatch:        4096,
		MaxWaiting:      65536,
		MaxActive:       100_000,
		MaxParked:       16384,
		MaxServed:       65536,
		MaxPlanTickets:  4_000_000,
		MoveWait:        500 * time.Millisecond,
		MaxPayments:     4096,
		PaymentWait:     10 * time.Second,
		PaymentTimeout:  30 * time.Second,
		CommitTimeout:   2 * time.Second,
		PassivateAfter:  30 * time.Second,
		CheckpointEvery: 32768,
		TickEvery:       200 * time.Millisecond,
	}
}

// Validate says what is missing or contradicts itself.
func (c *Config) Validate() error {
	if c.Log == nil || c.Gateway == nil || c.Locator == nil || c.Logger == nil || c.Node == "" {
		return errors.New("actors: Log, Gateway, Node, Locator and Logger are needed")
	}
	for name, v := range map[string]int64{
		"MaxQueued": int64(c.MaxQueued), "MaxBatch": int64(c.MaxBatch), "MaxWaiting": int64(c.MaxWaiting),
		"MaxActive": int64(c.MaxActive), "MaxPayments": int64(c.MaxPayments), "PaymentWait": int64(c.PaymentWait),
		"PaymentTimeout": int64(c.PaymentTimeout), "CommitTimeout": int64(c.CommitTimeout),
		"PassivateAfter": int64(c.PassivateAfter), "CheckpointEvery": int64(c.CheckpointEvery),
		"TickEvery": int64(c.TickEvery), "MaxParked": int64(c.MaxParked), "MaxServed": int64(c.MaxServed),
		"MaxPlanTickets": int64(c.MaxPlanTickets), "MoveWait": int64(c.MoveWait),
	} {
		if v <= 0 {
			return fmt.Errorf("actors: %s must be positive", name)
		}
	}
	return nil
}
