package control

import "context"

// Operator is what an operator can ask of a cluster. Any node answers: it asks the
// one that knows, or that has to act. Every call blocks until it is done or ctx
// ends; what was begun goes on without it.
type Operator interface {
	// Status is the cluster as its controller sees it, or, where that cannot be
	// asked, as this node does.
	Status(ctx context.Context) (Status, error)
	// Drain has a node give its leaderships away and refuse new connections. It
	// returns when the node leads nothing. Draining again is harmless.
	Drain(ctx context.Context, node string) error
	// Undrain makes a drained node take part again. It also ends the removal of a
	// node that still has replicas; refused when they have all moved.
	Undrain(ctx context.Context, node string) error
	// Remove has a node's replicas move away and the node leave for good; it
	// returns when that is decided and recorded, Status shows how far it is. It is
	// refused where a shard would lose its quorum. force removes a node that is
	// down and will not come back.
	Remove(ctx context.Context, node string, force bool) error
	// Rebalance has replicas and leaders spread evenly now.
	Rebalance(ctx context.Context) error
	// Where says where an event lives.
	Where(ctx context.Context, event string) (Where, error)
}

// Health is a verdict on a cluster.
type Health string

// The verdicts.
const (
	OK          Health = "ok"
	Degraded    Health = "degraded"    // it sells; something is missing
	Unavailable Health = "unavailable" // a shard cannot sell
)

// Status is a cluster at a moment.
type Status struct {
	Cluster  string        `json:"cluster"` // its name
	Health   Health        `json:"health"`
	Problems []string      `json:"problems"` // what keeps Health from OK, a sentence each
	Nodes    []NodeStatus  `json:"nodes"`    // by name
	Shards   []ShardStatus `json:"shards"`   // by number
}

// NodeStatus is one node.
type NodeStatus struct {
	Name           string `json:"name"`
	State          string `json:"state"` // up, full (its disk), draining, leaving, down, removed
	Zone           string `json:"zone,omitempty"`
	Version        string `json:"version,omitempty"`
	HTTP           string `json:"http,omitempty"` // where clients connect
	Leaders        int    `json:"leaders"`        // shards it leads
	Replicas       int    `json:"replicas"`
	DiskFreeBytes  uint64 `json:"diskFreeBytes"`
	DiskTotalBytes uint64 `json:"diskTotalBytes"`
	UptimeSeconds  int64  `json:"uptimeSeconds"`
	// Roles are what the node does besides selling, and Search how its index of events
	// is; absent: it has none, or gives no report.
	Roles  []string     `json:"roles,omitempty"`
	Search *SearchBrief `json:"search,omitempty"`
}

// ShardStatus is one shard.
type ShardStatus struct {
	ID       uint64          `json:"id"`
	System   bool            `json:"system,omitempty"` // it has the cluster's own state
	Leader   string          `json:"leader"`           // a node; "": none
	Term     uint64          `json:"term"`
	Replicas []ReplicaStatus `json:"replicas"`
}

// ReplicaStatus is one replica of a shard.
type ReplicaStatus struct {
	Node    string `json:"node"`
	Replica uint64 `json:"replica"`
	Role    string `json:"role"`    // voter, learner, lost
	Applied uint64 `json:"applied"` // Raft index
	Lag     uint64 `json:"lag"`     // entries behind the leader
}

// Where says where an event lives.
type Where struct {
	Event    string   `json:"event"`
	Shard    uint64   `json:"shard"`
	Leader   string   `json:"leader"` // "": none is known
	Term     uint64   `json:"term"`
	Replicas []string `json:"replicas"` // nodes
}

// The errors of an Operator, besides those of package actors; test with errors.As.
type (
	// UnknownNodeError: there is no such node.
	UnknownNodeError struct{ Node string }
	// UnsafeError: it would break what Reason says.
	UnsafeError struct{ Reason string }
)

// Error implements error.
func (e UnknownNodeError) Error() string { return "there is no node " + e.Node }

// Error implements error.
func (e UnsafeError) Error() string { return "refused: " + e.Reason }
