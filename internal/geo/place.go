package geo

// Place is where an address is, as far as the databases know. The zero value is an
// address of which nothing is known.
type Place struct {
	Country string // ISO 3166-1 alpha-2 in capitals, such as "DE"; "" = not known
	ASN     uint32 // number of the network (autonomous system); 0 = not known
	// Network is the name of the network; "" = not known. It is cleaned: at most 120
	// characters, none of which steers a terminal. Whoever runs the network chose it.
	Network string
	City    string  // where a database of cities is given; cleaned as Network is
	Point   Point   // where a database of cities is given
	Special Special // what kind of address it is when it is no ordinary one
}

// Point is a place on the map, in degrees. The zero value is not known: nobody lives there.
type Point struct{ Latitude, Longitude float64 }

// IsZero reports whether it is not known.
func (p Point) IsZero() bool { return p == Point{} }

// Known reports whether anything is known.
func (p Place) Known() bool { return p != Place{} }
