package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/allowlist"
	"bangui/internal/app"
	"bangui/internal/config"
	"bangui/internal/fault"
	"bangui/internal/geo"
	"bangui/internal/terminal"
)

// placeRow is where an address is.
type placeRow struct {
	Country string      `json:"country,omitempty"`
	ASN     int64       `json:"asn,omitempty"`
	Network string      `json:"network,omitempty"`
	City    string      `json:"city,omitempty"`
	Special *specialRow `json:"special,omitempty"`
}

type specialRow struct {
	Kind   string `json:"kind"`
	Prefix string `json:"prefix"`
	RFC    string `json:"rfc"`
}

// lookupRow is one address of `geo`.
type lookupRow struct {
	Address string `json:"address"`
	placeRow
}

// databaseRow is one database of `geo` without an address.
type databaseRow struct {
	Kind    string     `json:"kind"`
	Source  string     `json:"source"`
	Path    string     `json:"path,omitempty"`
	Built   *time.Time `json:"built,omitempty"`
	Credits []string   `json:"credits"`
	Problem string     `json:"problem,omitempty"`
}

// maxLookups is how many addresses `geo` takes.
const maxLookups = 1000

func (c *command) geo() *cobra.Command {
	cmd := &cobra.Command{
		Use: "geo [ADDRESS...]", Short: "Say where addresses are, by the databases of this machine",
		Long: "Say in which country and network addresses or networks are, by the databases of this machine; nobody is asked. Without ADDRESS:\n" +
			"the databases, how old they are, and whose data it is. Elsewhere than on a terminal: fields separated by tabs (address, country, AS number,\n" +
			"network, city, special range)." + exits(Done, Usage),
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > maxLookups {
				return fault.New(fault.Invalid, "give at most %d addresses", maxLookups)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			conf, _, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			db := openGeo(cmd.Context(), conf)
			if len(args) == 0 {
				return c.showDatabases(db.State())
			}
			rows, err := lookUp(db, args)
			if err != nil {
				return err
			}
			return c.showLookups(rows)
		},
	}
	c.addSettings(cmd.Flags(), geoSettings()...)
	return cmd
}

// geoSettings are the settings that say which databases are read.
func geoSettings() []string {
	return []string{"geo-country-db", "geo-asn-db", "geo-city-db", "geo-mmap"}
}

func openGeo(ctx context.Context, conf config.Config) *geo.DB {
	return app.OpenGeo(ctx, conf, slog.New(slog.DiscardHandler))
}

func lookUp(db *geo.DB, addresses []string) ([]lookupRow, error) {
	rows := make([]lookupRow, len(addresses))
	for i, address := range addresses {
		target, err := allowlist.ParseTarget(address)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%v", err)
		}
		rows[i] = lookupRow{allowlist.Text(target), placeIn(db, target)}
	}
	return rows, nil
}

func placeIn(db *geo.DB, target netip.Prefix) placeRow {
	p := db.LookupPrefix(target)
	row := placeRow{Country: p.Country, ASN: int64(p.ASN), Network: p.Network, City: p.City}
	if s := p.Special; !s.IsZero() {
		row.Special = &specialRow{string(s.Kind), s.Prefix.String(), fmt.Sprintf("RFC %d", s.RFC)}
	}
	return row
}

// words says where an address is; "" when that is not known.
func (p placeRow) words() string {
	var parts []string
	if p.Country != "" {
		parts = append(parts, "country "+p.Country)
	}
	if p.City != "" {
		parts = append(parts, "city "+p.City)
	}
	if p.ASN != 0 {
		parts = append(parts, strings.TrimSpace(fmt.Sprintf("network AS%d %s", p.ASN, p.Network)))
	}
	if s := p.Special; s != nil {
		parts = append(parts, fmt.Sprintf("%s range %s (%s)", s.Kind, s.Prefix, s.RFC))
	}
	return strings.Join(parts, ", ")
}

func (c *command) showLookups(rows []lookupRow) error {
	if c.asJSON {
		return c.writeJSON(rows)
	}
	cells := make([][]terminal.Cell, len(rows))
	for i, r := range rows {
		number, special := "", ""
		if r.ASN != 0 {
			number = strconv.FormatInt(r.ASN, 10)
		}
		if r.Special != nil {
			special = r.Special.Kind + ", " + r.Special.RFC
		}
		for _, text := range []string{r.Address, r.Country, number, r.Network, r.City, special} {
			cells[i] = append(cells[i], terminal.Text(text))
		}
	}
	return terminal.Table(c.Stdout, c.style(), []string{"ADDRESS", "COUNTRY", "ASN", "NETWORK", "CITY", "SPECIAL"}, cells)
}

func (c *command) showDatabases(all []geo.Database) error {
	rows := make([]databaseRow, len(all))
	for i, d := range all {
		rows[i] = databaseRow{Kind: string(d.Kind), Source: string(d.Source), Path: d.Path, Credits: []string{}, Problem: d.Problem}
		if !d.Built.IsZero() {
			rows[i].Built = &d.Built
		}
		for _, credit := range d.Credits {
			rows[i].Credits = append(rows[i].Credits, strings.TrimSpace(strings.Join([]string{credit.Text, credit.Link, credit.Licence}, " ")))
		}
	}
	if c.asJSON {
		return c.writeJSON(rows)
	}
	for _, r := range rows {
		c.showDatabase(r)
	}
	return nil
}

func (c *command) showDatabase(r databaseRow) {
	style := c.style()
	from := map[string]string{"none": "none", "product": "came with BanGUI", "file": "from " + r.Path}[r.Source]
	if r.Built != nil {
		from += ", data of " + r.Built.Format(time.DateOnly)
	}
	c.print("%s: %s", style.Bold(r.Kind), terminal.Printable(from))
	if r.Problem != "" {
		c.print("  %s", style.Warn(terminal.Printable(r.Problem)))
	}
	for _, credit := range r.Credits {
		c.print("  %s", style.Dim(terminal.Printable(credit)))
	}
}
