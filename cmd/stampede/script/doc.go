// Package script is what a run can be told: a scenario, how its crowd comes and what
// must hold. It is a YAML file whose every member has a name, a unit, bounds and a
// default, all in one table (Script.table); files, flags and help are made of it.
//
//	s, err := script.New("onsale")         // the ready-made scenario of that name
//	s, err := script.Read("f.yaml", text)  // a file: what it leaves out is as in New
//	err = s.Set("load.rate", "200")        // one member, as a flag gives it
//	err = s.Validate()                     // how the members go together
//	text := s.Text()                       // the file, with comments
//
// A file's errors name the file, the line and the member:
//
//	f.yaml:7: load.rate: "fast" is not a number from 0 to 1000000
//	f.yaml:9: load.speed: there is no such member; load has model, schedule, rate, …
package script
