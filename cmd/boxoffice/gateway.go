package main

import (
	"fmt"

	"boxoffice/actors/payment"
)

// gateway is a payment provider that a node has opened. Who opened it closes it,
// when nobody pays any more.
type gateway interface {
	payment.Prompt
	Close() error
}

// openGateway opens the provider of a configuration: the sandbox that all nodes
// share, else one inside this node. It waits for nobody.
func openGateway(cfg Config) (gateway, error) {
	if cfg.SandboxURL != "" {
		r, err := payment.NewRemote(cfg.SandboxURL)
		if err != nil {
			return nil, fmt.Errorf("open the sandbox: %w", err)
		}
		return r, nil
	}
	s, err := payment.NewSandbox(payment.SandboxConfig{Ledger: cfg.SandboxLedger})
	if err != nil {
		return nil, fmt.Errorf("open the sandbox's ledger: %w", err)
	}
	return s, nil
}
