package report

import (
	_ "embed" // for the schema
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of Result.
func Schema() []byte { return schema }

// ErrOther is of a document that is no Result, or of another version.
var ErrOther = errors.New("not a result of stampede of this version")

// WriteJSON writes the document, indented.
func WriteJSON(w io.Writer, r *Result) error {
	r.fill()
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(r)
}

// Read reads a document that WriteJSON wrote. It refuses one of another schema with
// ErrOther.
func Read(rd io.Reader) (*Result, error) {
	var r Result
	if err := json.NewDecoder(rd).Decode(&r); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOther, err)
	}
	if r.Schema != SchemaName {
		return nil, fmt.Errorf("%w: its schema is %q, wanted %q", ErrOther, r.Schema, SchemaName)
	}
	r.fill()
	return &r, nil
}
