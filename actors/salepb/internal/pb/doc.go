// Package pb is what protoc-gen-go makes of the schema in the folder above.
//
// No production code imports it: package salepb writes and reads the same bytes
// by hand, faster. It is here as the slow twin that the tests hold the codec to,
// and for tools that want to look at stored bytes.
package pb
