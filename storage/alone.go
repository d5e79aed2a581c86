package storage

import (
	"context"
	"errors"

	"github.com/lni/dragonboat/v4/config"
	"github.com/lni/dragonboat/v4/raftio"
)

// aloneAddress stands for the address of a node that has none.
const aloneAddress = "alone"

var errAlone = errors.New("this node is alone: it has no raft address")

// alone is the transport of a node without a raft address. It opens no socket and
// reaches nobody.
type alone struct{}

var (
	_ config.TransportFactory = alone{}
	_ raftio.ITransport       = alone{}
)

func (alone) Create(config.NodeHostConfig, raftio.MessageHandler, raftio.ChunkHandler) raftio.ITransport {
	return alone{}
}

func (alone) Validate(address string) bool { return address == aloneAddress }
func (alone) Name() string                 { return aloneAddress }
func (alone) Start() error                 { return nil }
func (alone) Close() error                 { return nil }

func (alone) GetConnection(context.Context, string) (raftio.IConnection, error) {
	return nil, errAlone
}

func (alone) GetSnapshotConnection(context.Context, string) (raftio.ISnapshotConnection, error) {
	return nil, errAlone
}
