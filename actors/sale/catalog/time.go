package catalog

import "time"

// Time is a moment in milliseconds since 1970-01-01T00:00:00Z: the only form of
// time in the core, so that a record reads the same on every machine. The zero
// Time means "none".
type Time int64

// Layout is how a Time is written in JSON: RFC 3339 in UTC with milliseconds.
const Layout = "2006-01-02T15:04:05.000Z"

// At converts a wall-clock time.
func At(t time.Time) Time { return Time(t.UnixMilli()) }

// Std converts to the standard library's form, in UTC.
func (t Time) Std() time.Time { return time.UnixMilli(int64(t)).UTC() }

// String is the JSON form without quotes.
func (t Time) String() string { return t.Std().Format(Layout) }

// AppendText appends the JSON form without quotes.
func (t Time) AppendText(b []byte) ([]byte, error) { return t.Std().AppendFormat(b, Layout), nil }

// MarshalText is the JSON form without quotes.
func (t Time) MarshalText() ([]byte, error) { return t.AppendText(nil) }

// UnmarshalText reads RFC 3339 with any offset and up to nanoseconds, which are
// cut to milliseconds.
func (t *Time) UnmarshalText(b []byte) error {
	v, err := time.Parse(time.RFC3339Nano, string(b))
	if err != nil {
		return err
	}
	*t = At(v)
	return nil
}
