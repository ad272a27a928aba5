package jailconf_test

import (
	"testing"

	"bangui/internal/jailconf"
)

// The distribution's whole configuration: reading its files, and resolving all its jails.
func BenchmarkReadTree(b *testing.B) {
	for b.Loop() {
		if _, err := jailconf.ReadTree(stock); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResolve(b *testing.B) {
	tree, err := jailconf.ReadTree(stock)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := jailconf.Resolve(tree, "1.0.2"); err != nil {
			b.Fatal(err)
		}
	}
}
