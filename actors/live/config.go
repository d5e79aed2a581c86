package live

import (
	"errors"
	"time"

	"boxoffice/actors/sale"

	"github.com/prometheus/client_golang/prometheus"
)

// Why nobody can watch just now, beside what Events says.
var (
	// ErrOverloaded: a bound is reached.
	ErrOverloaded = errors.New("live: overloaded")
	// ErrUnavailable: the event's node does not answer, or knows of no news.
	ErrUnavailable = errors.New("live: unavailable")
)

// Events answers questions about events, wherever they live. *actors.Client does.
type Events interface {
	// Do asks an event. A sale.ShowNews blocks until there is news or the deadline is
	// near, everything else as long as it takes.
	Do(event string, cmd sale.Command, deadline time.Time) (sale.Answer, error)
}

// Config is what a Hub runs with. Start from DefaultConfig.
type Config struct {
	Events Events
	// Place appends a place as the JSON object of GET …/queue/{token}: a position has its
	// members.
	Place func(b []byte, p *sale.Place) []byte
	// Registry gets the hub's metrics; nil: none are kept.
	Registry *prometheus.Registry

	// MaxListeners bounds those who watch, seats and places together. The next one gets
	// ErrOverloaded.
	MaxListeners int
	// MaxEvents bounds the events that are watched: each is one call under way to the
	// event's node, of which a node has some 16,000 for everything.
	MaxEvents int
	// Batch is the least time between two messages about seats, and between two
	// questions about an event: what happens meanwhile is told together.
	Batch time.Duration
	// PositionEvery is the least time between two positions of a place.
	PositionEvery time.Duration
	// NewsWait is how long the event's node waits for something to happen before it says
	// that nothing did.
	NewsWait time.Duration
	// AskWait bounds the other questions, and with them WatchSeats and WatchPlace.
	AskWait time.Duration
	// Return is the time over which those who were told goodbye are to come back.
	Return time.Duration
}

// DefaultConfig is a Config without its parts (Events, Place).
func DefaultConfig() Config {
	return Config{
		MaxListeners:  20_000,
		MaxEvents:     4096,
		Batch:         100 * time.Millisecond,
		PositionEvery: time.Second,
		NewsWait:      25 * time.Second,
		AskWait:       5 * time.Second,
		Return:        5 * time.Second,
	}
}

// Validate says what is missing or makes no sense.
func (c *Config) Validate() error {
	switch {
	case c.Events == nil || c.Place == nil:
		return errors.New("live: Events and Place are needed")
	case c.MaxListeners < 1 || c.MaxEvents < 1:
		return errors.New("live: listeners and events: at least 1")
	case c.Batch <= 0 || c.PositionEvery <= 0 || c.AskWait <= 0 || c.Return <= 0:
		return errors.New("live: the times must be positive")
	case c.NewsWait < 2*time.Second:
		return errors.New("live: NewsWait must be two seconds at least: the event's node answers one before its end")
	}
	return nil
}
