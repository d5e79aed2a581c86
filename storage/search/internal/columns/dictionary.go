package columns

import (
	"slices"
	"sync"
)

// Dictionary numbers values, from 1; 0 is none. It is a part of a snapshot: values that
// came later are not in it.
type Dictionary struct {
	values []Value
	index  *index
}

// index finds the numbers of keys. All snapshots share it.
type index struct {
	mu     sync.RWMutex // guards number
	number map[string]uint32
}

// newDictionary has no values.
func newDictionary() Dictionary {
	return Dictionary{values: make([]Value, 1), index: &index{number: make(map[string]uint32)}}
}

// Len is one more than the largest number.
func (d Dictionary) Len() int { return len(d.values) }

// Value reads the value of a number below Len.
func (d Dictionary) Value(number uint32) Value { return d.values[number] }

// Find gives the number of a key, 0 where there is none. It takes a lock, shortly.
func (d Dictionary) Find(key string) uint32 {
	d.index.mu.RLock()
	number := d.index.number[key]
	d.index.mu.RUnlock()
	if int(number) >= len(d.values) {
		return 0 // came after this snapshot
	}
	return number
}

// put numbers a value. The empty key is none. Only the writer calls it, with a
// Dictionary of its own; values that snapshots have are copied before one is renamed.
func (d *Dictionary) put(v Value) uint32 {
	if v.Key == "" {
		return 0
	}
	d.index.mu.RLock()
	number := d.index.number[v.Key]
	d.index.mu.RUnlock()
	switch {
	case number == 0:
		number = uint32(len(d.values))
		d.values = append(d.values, v)
		d.index.mu.Lock()
		d.index.number[v.Key] = number
		d.index.mu.Unlock()
	case d.values[number] != v:
		d.values = slices.Clone(d.values)
		d.values[number] = v
	}
	return number
}
