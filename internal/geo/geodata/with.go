//go:build geodata

package geodata

import _ "embed"

// Nothing writes into them.
var (
	//go:embed country.mmdb
	country []byte
	//go:embed asn.mmdb
	asn []byte
)
