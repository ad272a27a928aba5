package web

import (
	"fmt"
	"html"
	"io/fs"
	"net/http"
	"strings"
)

// themeCookie holds the reader's choice of light or dark. The page writes it; the
// server puts it into the first byte, so that nothing flashes.
const themeCookie = "bangui_theme"

// document is index.html for each theme, with base path and version filled in.
type document struct {
	themes map[string]*file
}

func newDocument(dist fs.FS, o Options) document {
	source, err := fs.ReadFile(dist, "index.html")
	if err != nil {
		source = []byte(notBuilt)
	}
	d := document{themes: map[string]*file{}}
	for _, theme := range []string{"", "light", "dark"} {
		f := newFile("index.html", []byte(fill(string(source), o, theme)))
		f.mediaType = "text/html; charset=utf-8"
		d.themes[theme] = f
	}
	return d
}

// fill writes base path, version and theme into the page. Vite builds it with
// addresses relative to the page ("./assets/…"), which break on a deep link, so
// each gets the base path that this server has.
func fill(source string, o Options, theme string) string {
	base := html.EscapeString(o.BasePath)
	attribute := ""
	if theme != "" {
		attribute = fmt.Sprintf(` data-theme="%s"`, theme)
	}
	return strings.NewReplacer(
		`="./`, `="`+base+`/`,
		`name="bangui-base" content=""`, `name="bangui-base" content="`+base+`"`,
		`name="bangui-version" content=""`, `name="bangui-version" content="`+html.EscapeString(o.Version)+`"`,
		`<html lang="en"`, `<html lang="en"`+attribute,
	).Replace(source)
}

// serve sends the page. Only the two known words of the cookie have an effect.
func (d document) serve(w http.ResponseWriter, r *http.Request) {
	theme := ""
	if cookie, err := r.Cookie(themeCookie); err == nil {
		theme = cookie.Value
	}
	f, ok := d.themes[theme]
	if !ok {
		f = d.themes[""]
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Vary", "Accept-Encoding, Cookie")
	write(w, r, f.mediaType, f.content, f.gzipped)
}

// notBuilt stands in for the page where `go build` ran without it.
const notBuilt = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>BanGUI</title></head>
<body>
<h1>BanGUI runs, but this binary was built without its page</h1>
<p>Run <code>make build</code> in the source folder and start the new binary. API and command line work as they are.</p>
</body>
</html>
`
