package salepb

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"boxoffice/actors/sale"
	"boxoffice/actors/sale/catalog"
	"boxoffice/actors/sale/inventory"
	"boxoffice/actors/sale/waitroom"
)

// draw fills a value of any of our types: every exported field that is stored.
func draw(t *rapid.T, label string, typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	switch typ {
	case reflect.TypeFor[sale.BookingStatus]():
		v.SetUint(uint64(rapid.IntRange(0, int(sale.BookingRefunded)).Draw(t, label)))
		return v
	case reflect.TypeFor[sale.PaymentStatus]():
		v.SetUint(uint64(rapid.IntRange(0, int(sale.PaymentRefunded)).Draw(t, label)))
		return v
	case reflect.TypeFor[inventory.Status]():
		v.SetUint(uint64(rapid.IntRange(0, int(inventory.Booked)).Draw(t, label)))
		return v
	}
	switch typ {
	case reflect.TypeFor[waitroom.Reason]():
		v.SetUint(uint64(rapid.IntRange(0, int(waitroom.HoldEnded)).Draw(t, label)))
		return v
	case reflect.TypeFor[waitroom.State]():
		v.SetUint(uint64(rapid.IntRange(1, int(waitroom.Gone)).Draw(t, label)))
		return v
	}
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if f := typ.Field(i); f.IsExported() && stored(f) {
				v.Field(i).Set(draw(t, label+"."+f.Name, f.Type))
			}
		}
	case reflect.Slice:
		for range rapid.IntRange(0, 3).Draw(t, label+".len") {
			v = reflect.Append(v, draw(t, label, typ.Elem()))
		}
	case reflect.Pointer: // of slices never nil; of fields sometimes
		v.Set(reflect.New(typ.Elem()))
		v.Elem().Set(draw(t, label, typ.Elem()))
	case reflect.Array:
		if !rapid.Bool().Draw(t, label+".none") {
			for i := range typ.Len() {
				v.Index(i).Set(draw(t, label, typ.Elem()))
			}
		}
	case reflect.String:
		v.SetString(rapid.String().Draw(t, label))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, label))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, label))
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Byte().Draw(t, label)))
	case reflect.Uint32:
		v.SetUint(uint64(rapid.Uint32().Draw(t, label)))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, label))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, label))
	case reflect.Interface: // what a stored answer has
		if kind := rapid.SampledFrom(storedThings).Draw(t, label+".kind"); kind != nil {
			v.Set(draw(t, label, kind))
			if b, ok := v.Interface().(*sale.Booking); ok && b.Status == 0 {
				b.Status = sale.Pending // without a status it is a reference
			}
		}
	default:
		t.Fatalf("%s: no way to draw a %s", label, typ)
	}
	return v
}

// prune makes some pointer fields nil.
func prune(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			prune(t, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			prune(t, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			if f.Kind() == reflect.Pointer && f.CanSet() && rapid.IntRange(0, 3).Draw(t, "nil") == 0 {
				f.SetZero()
			}
			prune(t, f)
		}
	}
}

func drawAny[T any](t *rapid.T) T {
	v := reflect.New(reflect.TypeFor[T]())
	v.Elem().Set(draw(t, v.Elem().Type().Name(), v.Elem().Type()))
	prune(t, v)
	return v.Elem().Interface().(T)
}

// checkForm says whether b is what the twin writes, and reads the same again.
func checkForm[T any](t *rapid.T, v T, b []byte, twin proto.Message, decode func([]byte) (T, error)) {
	got, err := decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, v) {
		t.Fatalf("read as\n%+v, want\n%+v", got, v)
	}
	want, err := twinBytes(twin)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, want) {
		t.Fatalf("written as\n%x, the twin writes\n%x", b, want)
	}
}

func TestRecordsRoundTrip(t *testing.T) {
	seen := map[reflect.Type]bool{}
	for _, example := range exampleRecords {
		typ := reflect.TypeOf(example).Elem()
		if seen[typ] {
			continue
		}
		seen[typ] = true
		t.Run(typ.Name(), rapid.MakeCheck(func(t *rapid.T) {
			v := reflect.New(typ)
			v.Elem().Set(draw(t, typ.Name(), typ))
			prune(t, v)
			r := v.Interface().(sale.Record)
			prefix := []byte("prefix")
			b := AppendRecord(prefix, r)
			if !bytes.HasPrefix(b, prefix) {
				t.Fatal("what was in dst is gone")
			}
			checkForm(t, r, b[len(prefix):], twinRecord(r), DecodeRecord)
		}))
	}
	for _, name := range declaredRecords(t) {
		found := false
		for typ := range seen {
			found = found || typ.Name() == name
		}
		if !found {
			t.Errorf("package sale has a record %s; there is no example of it", name)
		}
	}
}

// storedThings are what a stored answer may have beside its version.
var storedThings = []reflect.Type{
	nil, reflect.TypeFor[*catalog.Event](), reflect.TypeFor[*sale.Hold](), reflect.TypeFor[*sale.Booking](),
	reflect.TypeFor[*sale.BookingRef](), reflect.TypeFor[*sale.Refusal](),
}

// declaredRecords are the types with a method record in package sale's source.
func declaredRecords(t *testing.T) (names []string) {
	file, err := parser.ParseFile(token.NewFileSet(), "../sale/record.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "record" {
			names = append(names, f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name)
		}
	}
	if len(names) == 0 {
		t.Fatal("no records found")
	}
	return names
}

func TestCheckpointRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawAny[sale.Checkpoint](t)
		if c.Room != nil {
			for i := range c.Room.Places { // a place that is there has the number of where it is
				c.Room.Places[i].Number = c.Room.First + i
			}
		}
		checkForm(t, c, EncodeCheckpoint(c), twinCheckpoint(c), DecodeCheckpoint)
	})
}

func TestSummaryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawAny[sale.Summary](t)
		checkForm(t, s, AppendSummary(nil, s), twinSummary(s), DecodeSummary)
	})
}

func TestDetailsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		full := drawAny[Details](t)
		d := full
		if d.Event != nil {
			d.Event = withoutSections(d.Event)
		}
		checkForm(t, d, EncodeDetails(full), twinDetails(d), DecodeDetails)
	})
}

// TestStringsStayBytes: what is not UTF-8 comes back as it was.
func TestStringsStayBytes(t *testing.T) {
	want := &sale.Declined{At: noon, Reason: "\xff\x00\xfe"}
	got, err := DecodeRecord(AppendRecord(nil, want))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v", got, err)
	}
}

// TestNegativeZero: floats keep every bit.
func TestNegativeZero(t *testing.T) {
	e := *exampleEvent
	l := *e.Venue.Location
	l.Lat = math.Copysign(0, -1)
	e.Venue.Location = &l
	r, err := DecodeRecord(AppendRecord(nil, &sale.EventDefined{Event: &e}))
	if err != nil {
		t.Fatal(err)
	}
	if lat := r.(*sale.EventDefined).Event.Venue.Location.Lat; !math.Signbit(lat) {
		t.Fatalf("-0 came back as %g", lat)
	}
}
