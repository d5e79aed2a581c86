package sale

import (
	"encoding/base64"
	"errors"
)

// idLen is the length of an id's text form.
const idLen = 22

var idText = base64.RawURLEncoding.Strict()

var errID = errors.New("an id is 22 characters of base64url")

// AppendText appends the id as clients see it. The error is always nil.
func (id ID) AppendText(b []byte) ([]byte, error) { return idText.AppendEncode(b, id[:]), nil }

// UnmarshalText reads an id as clients see it.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) != idLen {
		return errID
	}
	var v ID
	if _, err := idText.Decode(v[:], b); err != nil {
		return errID
	}
	*id = v
	return nil
}
