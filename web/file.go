package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// file is one built file, with its gzipped form made when it is first wanted.
type file struct {
	content   []byte
	mediaType string
	cache     string
	etag      string
	gzipped   func() []byte // nil where gzip doesn't make it smaller
}

func newFile(name string, content []byte) *file {
	f := &file{content: content, mediaType: mediaType(name), cache: "no-cache", etag: etag(content)}
	if strings.HasPrefix(name, "assets/") {
		f.cache = "public, max-age=31536000, immutable"
	}
	f.gzipped = sync.OnceValue(func() []byte { return compress(content) })
	return f
}

// mediaType is by our own table first: the machine's may say anything.
func mediaType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	default:
		if known := mime.TypeByExtension(ext); known != "" {
			return known
		}
		return "application/octet-stream"
	}
}

func etag(content []byte) string {
	sum := sha256.Sum256(content)
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

func compress(content []byte) []byte {
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(content); err != nil || w.Close() != nil || small.Len() >= len(content) {
		return nil
	}
	return small.Bytes()
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", f.cache)
	h.Set("ETag", f.etag)
	h.Set("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	write(w, r, f.mediaType, f.content, f.gzipped)
}

// write sends content, gzipped where the client takes that and it helps.
func write(w http.ResponseWriter, r *http.Request, mediaType string, content []byte, gzipped func() []byte) {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		if small := gzipped(); small != nil {
			h.Set("Content-Encoding", "gzip")
			content = small
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(content) // a client that has gone away is not our trouble
	}
}

// takesGzip reads an Accept-Encoding header; "gzip;q=0" says no.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding != "gzip" {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
		return err != nil || q > 0
	}
	return false
}
