// Package kernel has the few system calls of the crowd that never block, without what the
// runtime does around each of its own: it makes ready for one that blocks, and wakes the
// thread that looks after those, which for a lone request costs more than the call. It
// knows files by their numbers, as syscall.RawConn gives them; they must not block (a
// caller of one that does would keep his core to himself until then). Linux only.
package kernel
