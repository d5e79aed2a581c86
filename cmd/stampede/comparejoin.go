package main

import (
	"strconv"

	"boxoffice/cmd/stampede/shop"
	"boxoffice/cmd/stampede/wire"
)

// joinedBytes is what the appending server appends for a join: about what a place takes in
// a log, its token, its user and its time. A join itself has no body.
const joinedBytes = 64

// compareJoin measures people who join the line of one event beside the appending server.
// Each is another one, and nobody is let in after the first.
func (x *comparison) compareJoin(to wire.Target, dir string) (*pair, error) {
	p := &pair{Kind: "join", Wanted: wantedJoin}
	return p, x.beside(p, appendIn(dir, p.Kind), []int{201},
		func() (*run, error) {
			r, err := x.newRound(to)
			if err == nil {
				err = r.openRoom()
			}
			return r, err
		},
		func(turn *run) (*summary, error) {
			var body []byte
			if turn.target != to {
				body = make([]byte, joinedBytes)
			}
			return turn.measure("join", turn.join(body))
		})
}

// openRoom makes one event with a waiting room.
func (r *run) openRoom() (err error) {
	c := wire.NewConn(r.target.Address, r.config.timeout)
	defer c.Close()
	r.houses, err = shop.BuildHouses(c, &r.target, r.name+"-room", 1, shop.House{Seats: 500, Active: 1})
	return err
}

// join joins the line, as another one each time.
func (r *run) join(body []byte) operation {
	path := "/events/" + r.houses[0].ID + "/queue"
	return func(w *worker, n int64) bool {
		ask := wire.Request{Method: "POST", Path: path, User: r.name + "-" + strconv.FormatInt(n, 36), Body: body}
		w.out = ask.Append(w.out[:0], &r.target)
		w.send(joinKind, w.out, nil)
		return true
	}
}
