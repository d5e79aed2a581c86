package sale

// queue is a first-in, first-out list whose entries keep a number for as long as
// they are in it, so that an index can point into it. It grows by chunks: no
// push copies what is there already, as a growing slice would, because a copy of
// a million stored answers in the middle of a sale takes tens of milliseconds.
type queue[T any] struct {
	chunks []*[chunkLen]T
	base   uint64 // number of chunks[0][0]
	head   uint64 // number of the front entry
	tail   uint64 // number that the next push gives
}

// chunkLen makes a chunk of stored answers 4.6 kB: few enough allocations, and little
// that an event with one answer pays for nothing.
const chunkLen = 64

func (q *queue[T]) len() int { return int(q.tail - q.head) }

// push appends an entry and gives its number.
func (q *queue[T]) push(v T) uint64 {
	n := q.tail
	if int((n-q.base)/chunkLen) == len(q.chunks) {
		q.chunks = append(q.chunks, new([chunkLen]T))
	}
	q.tail++
	*q.at(n) = v
	return n
}

// at is the entry with a number that push gave and that was not popped since.
func (q *queue[T]) at(n uint64) *T {
	if n < q.head || n >= q.tail {
		panic("sale: a queue has no such entry")
	}
	i := n - q.base
	return &q.chunks[i/chunkLen][i%chunkLen]
}

// front is the oldest entry; the queue is not empty.
func (q *queue[T]) front() *T { return q.at(q.head) }

// pop removes the oldest entry; the queue is not empty. What the entry pointed to is
// let go at once, the chunk when all of it was popped.
func (q *queue[T]) pop() {
	var none T
	*q.front() = none
	q.head++
	if q.head-q.base == chunkLen {
		q.chunks[0] = nil
		q.chunks = q.chunks[1:]
		q.base += chunkLen
	}
}

// all is a copy of the entries, oldest first; nil where there are none.
func (q *queue[T]) all() []T {
	if q.len() == 0 {
		return nil
	}
	out := make([]T, 0, q.len())
	for n := q.head; n < q.tail; n = q.head + uint64(len(out)) {
		chunk, first := q.chunks[(n-q.base)/chunkLen], (n-q.base)%chunkLen
		out = append(out, chunk[first:min(chunkLen, first+q.tail-n)]...)
	}
	return out
}
