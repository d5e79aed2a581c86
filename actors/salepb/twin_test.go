package salepb

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
	"boxoffice/actors/salepb/internal/pb"
)

// The slow twin: it fills the generated messages from our types by reflection,
// name for name, and lets the library write them. A field that the schema lacks
// is a panic.

func twinRecord(r sale.Record) *pb.Record {
	m := &pb.Record{}
	msg := m.ProtoReflect()
	v := reflect.ValueOf(r).Elem()
	kind := field(msg, snake(v.Type().Name()))
	inner := msg.Mutable(kind).Message()
	for i := range v.NumField() {
		switch f := v.Type().Field(i); f.Name {
		case "At", "Key":
			setField(msg, f.Name, v.Field(i))
		default:
			setField(inner, f.Name, v.Field(i))
		}
	}
	return m
}

func twinCheckpoint(c sale.Checkpoint) *pb.Checkpoint {
	m := &pb.Checkpoint{}
	setFields(m.ProtoReflect(), reflect.ValueOf(c))
	return m
}

// room is a waiting room as the schema has it: with columns.
type room struct {
	Settings               waitroom.Settings
	Seed                   [32]byte
	Opened, Drawn          bool
	First                  int
	Tokens, Owners, States []byte
	At, Busy               []uint64
	Mixed                  []uint32
	MixedFrom              uint32
	Credit, CreditAt       int64
	Flow                   []waitroom.Flow
	Began                  int64
}

func twinRoom(s *waitroom.Snapshot) room {
	r := room{
		Settings: s.Settings, Seed: s.Seed, Opened: s.Opened, Drawn: s.Drawn, First: s.First, Mixed: s.Mixed,
		MixedFrom: s.MixedFrom, Credit: s.Credit, CreditAt: s.CreditAt, Flow: s.Flow, Began: s.Began,
	}
	for _, p := range s.Places {
		r.Tokens, r.Owners = append(r.Tokens, p.Token[:]...), append(r.Owners, p.Who[:]...)
		r.States = append(r.States, byte(p.State)+4*byte(p.Reason))
		r.At, r.Busy = append(r.At, uint64(p.At)), append(r.Busy, uint64(p.Busy))
	}
	return r
}

// storedAnswer is a stored answer as the schema has it: with the answer as it was told first.
type storedAnswer struct {
	At     catalog.Time
	Key    sale.Key
	Answer sale.Answer
}

func twinStoredAnswer(s sale.StoredAnswer) storedAnswer {
	a := s.Answer()
	a.Replayed = false
	return storedAnswer{At: s.At, Key: s.Key, Answer: a}
}

func twinSummary(s sale.Summary) *pb.Summary {
	m := &pb.Summary{}
	setFields(m.ProtoReflect(), reflect.ValueOf(s))
	return m
}

func twinDetails(d Details) *pb.Details {
	m := &pb.Details{}
	setFields(m.ProtoReflect(), reflect.ValueOf(d))
	return m
}

func twinBytes(m proto.Message) ([]byte, error) {
	return proto.MarshalOptions{Deterministic: true}.Marshal(m)
}

func setFields(m protoreflect.Message, v reflect.Value) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && stored(f) {
			setField(m, f.Name, v.Field(i))
		}
	}
}

// stored reports whether a field is written at all: an answer's plan and
// snapshot are not, and an answer that only reads, or that nothing changed, is never kept.
func stored(f reflect.StructField) bool {
	switch f.Type {
	case reflect.TypeFor[*sale.Place](), reflect.TypeFor[*sale.Queue](), reflect.TypeFor[[]sale.Place](),
		reflect.TypeFor[*sale.News](), reflect.TypeFor[*inventory.Plan](), reflect.TypeFor[*inventory.Snapshot]():
		return false
	}
	return f.Name != "Unchanged"
}

func setField(m protoreflect.Message, name string, v reflect.Value) {
	if k, ok := v.Interface().(sale.Key); ok {
		setField(m, name+"ID", reflect.ValueOf(sale.ID(k.ID)))
		setField(m, name+"Body", reflect.ValueOf(sale.ID(k.Body)))
		return
	}
	if room, ok := v.Interface().(*waitroom.Snapshot); ok {
		if room != nil {
			setField(m, name, reflect.ValueOf(twinRoom(room)))
		}
		return
	}
	fd := field(m, snake(name))
	switch {
	case fd.Kind() == protoreflect.BytesKind && v.Kind() == reflect.Slice:
		if v.Len() > 0 {
			m.Set(fd, protoreflect.ValueOfBytes(v.Bytes()))
		}
	case fd.IsList():
		for i := range v.Len() {
			m.Mutable(fd).List().Append(element(m.Mutable(fd).List().NewElement, v.Index(i)))
		}
	case v.Kind() == reflect.Pointer && v.IsNil() || v.Kind() == reflect.Array && v.IsZero():
	default:
		if e := element(func() protoreflect.Value { return m.NewField(fd) }, v); keep(v, e) {
			m.Set(fd, e)
		}
	}
}

// keep reports whether a value is written: plain values that are messages are
// not, where nothing is in them.
func keep(v reflect.Value, e protoreflect.Value) bool {
	switch v.Interface().(type) {
	case catalog.Venue, catalog.Inventory, catalog.WaitingRoom, sale.Answer, waitroom.Settings:
		return proto.Size(e.Message().Interface()) > 0
	}
	return true
}

func element(empty func() protoreflect.Value, v reflect.Value) protoreflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		return element(empty, v.Elem())
	case reflect.Struct:
		if s, ok := v.Interface().(sale.StoredAnswer); ok {
			v = reflect.ValueOf(twinStoredAnswer(s))
		}
		e := empty()
		setFields(e.Message(), v)
		return e
	case reflect.Array:
		b := make([]byte, v.Len())
		reflect.Copy(reflect.ValueOf(b), v)
		return protoreflect.ValueOfBytes(b)
	case reflect.String:
		return protoreflect.ValueOfString(v.String())
	case reflect.Bool:
		return protoreflect.ValueOfBool(v.Bool())
	case reflect.Float64:
		return protoreflect.ValueOfFloat64(v.Float())
	case reflect.Uint8:
		return protoreflect.ValueOfUint32(uint32(v.Uint()))
	case reflect.Uint32, reflect.Uint64:
		return protoreflect.ValueOfUint64(v.Uint())
	case reflect.Int, reflect.Int64:
		return protoreflect.ValueOfInt64(v.Int())
	}
	panic(fmt.Sprintf("no form for a %s", v.Type()))
}

func field(m protoreflect.Message, name string) protoreflect.FieldDescriptor {
	fd := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	if fd == nil {
		panic(fmt.Sprintf("%s has no field %s", m.Descriptor().FullName(), name))
	}
	return fd
}

// snake is a Go name as the schema writes it.
func snake(name string) string {
	name = strings.NewReplacer("IDs", "Ids", "ID", "Id").Replace(name)
	var out []rune
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			out = append(out, '_')
		}
		out = append(out, unicode.ToLower(r))
	}
	return string(out)
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"TicketIDs": "ticket_ids", "PaymentID": "payment_id", "ID": "id", "MaxTicketsPerUser": "max_tickets_per_user",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
