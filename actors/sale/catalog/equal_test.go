package catalog_test

import (
	"fmt"
	"reflect"
	"testing"

	"boxoffice/actors/sale/catalog"
)

// TestEqual changes each field in turn, so that a new one cannot be forgotten.
func TestEqual(t *testing.T) {
	if e := concert(); !e.Equal(concert()) || !e.Equal(e) || e.Equal(nil) || !(*catalog.Event)(nil).Equal(nil) {
		t.Error("an event is not equal to itself")
	}
	e := concert()
	changes := 0
	change(reflect.ValueOf(e).Elem(), "event", func(field string) {
		changes++
		if e.Equal(concert()) || concert().Equal(e) {
			t.Errorf("equal though %s is another", field)
		}
	})
	if !e.Equal(concert()) {
		t.Error("not equal though all is as before")
	}
	if changes < 30 {
		t.Errorf("%d changes", changes)
	}
	a, b := &catalog.Event{}, &catalog.Event{Performers: []catalog.Performer{}}
	if !a.Equal(b) {
		t.Error("an empty list is not one left out")
	}
}

// change changes all that v reaches, one thing at a time, and puts it back.
func change(v reflect.Value, name string, changed func(name string)) {
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	set := func(n any) {
		v.Set(reflect.ValueOf(n).Convert(v.Type()))
		changed(name)
		v.Set(old)
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			change(v.Field(i), name+"."+v.Type().Field(i).Name, changed)
		}
	case reflect.Slice:
		for i := range v.Len() {
			change(v.Index(i), fmt.Sprint(name, i), changed)
		}
		if v.Len() > 0 {
			v.Set(old.Slice(0, v.Len()-1))
			changed(name)
			v.Set(old)
		}
	case reflect.Pointer:
		change(v.Elem(), name, changed)
		v.SetZero()
		changed(name)
		v.Set(old)
	case reflect.String:
		set(v.String() + "x")
	case reflect.Bool:
		set(!v.Bool())
	case reflect.Float64:
		set(v.Float() + 1)
	default:
		set(v.Int() + 1)
	}
}
