// Package salepb turns what one event's state machine speaks of into bytes and
// back: records, checkpoints, and the two parts of a view; and, in the files
// wire*.go, what nodes say to each other: commands and answers.
//
// # The form
//
// The bytes are protocol buffers; the .proto files here are the schema, and
// stored data outlives the program that wrote it. A file name.proto has its code
// in name.go.
//
// Three calls to AppendRecord stand in the way of each booking, so the codec is
// written by hand on protowire, straight from and to the types of package sale.
// The generated code (internal/pb) needs a copy of everything in messages of its
// own first: 8 times the time and 10 allocations for a hold of two tickets,
// where AppendRecord needs none. It is kept as the twin that the tests compare
// with: both write the same bytes and read each other's.
//
// What nodes say to each other is not stored and has no schema of its own: its field
// numbers are in wire.go, its bytes in testdata/wire.txt.
//
// # What holds
//
//   - Equal values give equal bytes: fields go out in the order of their numbers,
//     zero fields not at all. Nothing here iterates over a map.
//   - What is decoded is what was encoded, exported field for exported field. An
//     empty slice comes back as nil. Unexported fields (the seats that a hold has
//     in a plan) are not written: Apply finds them again.
//   - Strings go out and come back byte for byte. The schema calls them string,
//     which readers of other languages expect to be UTF-8; the edge lets nothing
//     else in. The codec does not check it again: a committed record can always
//     be read.
//   - Decoding never panics, and needs memory in proportion to its input. What it
//     returns keeps no part of the input.
//   - A field that is not known is skipped, so that a later version can add some.
//     A record whose kind is not known, a format above ours, a status that is not
//     known: these are errors that name what they found, since to skip them would
//     be to misunderstand.
//
// Encoding has no errors: every value has a form. A record of a type that is not
// package sale's cannot be, and panics.
//
// All functions may be called from any goroutine; none of them blocks or keeps
// what it was given.
//
// # Changing the schema
//
// Add fields under new numbers; never change the meaning or the type of a number
// that was in a release, never use one again. Then:
//
//   - change the .proto file, and the append and decode functions beside it;
//   - run "go generate" here. It needs protoc (3.21 or later) and protoc-gen-go on
//     the path, the latter by "go install google.golang.org/protobuf/cmd/protoc-gen-go"
//     in this module, so that it has go.mod's version. Building needs neither.
//
// The tests fill every exported field by reflection, name for name with the
// schema, and fail until both is done.
//
// testdata/golden.txt holds the bytes of one example of each thing. A change that
// alters a line there cannot read what is stored: it is wrong, unless that thing
// was never in a release. New examples make new lines: "go test -rewrite" writes
// the file anew.
package salepb

//go:generate sh -c "protoc --go_out=. --go_opt=module=boxoffice/actors/salepb *.proto"
