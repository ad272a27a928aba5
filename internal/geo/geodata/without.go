//go:build !geodata

package geodata

var country, asn []byte //nolint:gochecknoglobals // what the other build embeds
