// Command geodata makes the databases that come with the product, at build time: it
// copies the one of countries and turns the table of networks into another. Both come
// from npm packages that packaging/geo pins; scripts/geo.sh calls it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: geodata NODE_MODULES TARGET")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "geodata:", err)
		os.Exit(1)
	}
}

// run reads the packages below modules and writes country.mmdb and asn.mmdb to target.
func run(modules, target string) error {
	packages := filepath.Join(modules, "@ip-location-db")
	country, err := os.ReadFile(filepath.Join(packages, "geo-whois-asn-country-mmdb", "geo-whois-asn-country.mmdb"))
	if err != nil {
		return err
	}
	if err := write(filepath.Join(target, "country.mmdb"), country); err != nil {
		return err
	}
	networks, err := asn(filepath.Join(packages, "asn"))
	if err != nil {
		return err
	}
	return write(filepath.Join(target, "asn.mmdb"), networks)
}

// write replaces a file as a whole.
func write(name string, content []byte) error {
	next := name + ".new"
	if err := os.WriteFile(next, content, 0o644); err != nil { //nolint:gosec // part of the build, for everybody
		return err
	}
	return os.Rename(next, name)
}
