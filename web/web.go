// Package web is the page: its TypeScript source, the files that Vite builds
// from it (embedded), and the handler that serves them.
//
// The handler never answers with anything that it wasn't built with: a path is
// looked up in a table of known files, so no spelling of it reaches a file system.
package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:dist
var built embed.FS

// Options say how the page is served.
type Options struct {
	// BasePath is the path under which the handler is mounted at the proxy, such as
	// "/bangui"; "" = the root. It has no slash at its end.
	BasePath string
	// Version is our own version; the page compares it with the one it was loaded
	// with to notice an upgrade. It may be "".
	Version string
}

// policy lets the page load what comes from its own origin and nothing else:
// no inline script or style, no frames, no forms elsewhere, and no way to turn
// a string into markup or script (Trusted Types without any policy).
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Handler serves the page. Requests carry paths without the base path. Files
// below assets/ have their hash in the name and may be kept for a year; an
// unknown one is 404, never the page. Any other path that a browser opens is
// the page, which has its own idea of what is there.
func Handler(o Options) http.Handler {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		panic("web: the embedded folder is called dist: " + err.Error())
	}
	return newSite(dist, o)
}

// site is the handler over one set of built files.
type site struct {
	files map[string]*file // by path without the first slash
	page  document
}

func newSite(dist fs.FS, o Options) *site {
	s := &site{files: map[string]*file{}, page: newDocument(dist, o)}
	_ = fs.WalkDir(dist, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || name == "index.html" || path.Base(name) == ".gitkeep" {
			return nil //nolint:nilerr // what can't be read is not served
		}
		if content, err := fs.ReadFile(dist, name); err == nil {
			s.files[name] = newFile(name, content)
		}
		return nil
	})
	return s
}

// ServeHTTP answers GET and HEAD; see Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Only GET and HEAD are possible here.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if f, ok := s.files[name]; ok {
		f.serve(w, r)
		return
	}
	if !wantsPage(name, r.Header.Get("Accept")) {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	}
	s.page.serve(w, r)
}

// wantsPage tells a person who opens an address from a program that asks for a
// file: a lost script answered with a page would fail far from its cause.
func wantsPage(name, accept string) bool {
	if name == "assets" || strings.HasPrefix(name, "assets/") {
		return false
	}
	return strings.Contains(accept, "text/html")
}

func protect(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
}
