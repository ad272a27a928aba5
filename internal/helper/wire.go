package helper

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"bangui/internal/fault"
)

// wire is a connection in frames: four bytes of length, big endian, then so many bytes
// of JSON. One goroutine reads; any may write.
type wire struct {
	conn      net.Conn
	in, out   int           // the longest frame that is read and written
	frame     time.Duration // see times
	writing   sync.Mutex
	headBytes [4]byte
}

// send writes one value as a frame. A peer that doesn't read is an error in time.
func (w *wire) send(value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "a message could not be written")
	}
	if len(body) > w.out {
		return fault.New(fault.TooLarge, "a message of %d bytes is longer than %d", len(body), w.out)
	}
	packet := append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body))), body...)
	w.writing.Lock()
	defer w.writing.Unlock()
	if err := w.conn.SetWriteDeadline(time.Now().Add(w.frame)); err != nil {
		return err
	}
	_, err = w.conn.Write(packet)
	return err
}

// receive reads the next frame. It waits at most that long for it to begin.
func (w *wire) receive(wait time.Duration) ([]byte, error) {
	if err := w.conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(w.conn, w.headBytes[:]); err != nil {
		return nil, err
	}
	length := int(binary.BigEndian.Uint32(w.headBytes[:]))
	if length > w.in {
		return nil, fault.New(fault.TooLarge, "a frame of %d bytes is announced; %d is the most", length, w.in)
	}
	if err := w.conn.SetReadDeadline(time.Now().Add(w.frame)); err != nil {
		return nil, err
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(w.conn, body); err != nil {
		return nil, err
	}
	return body, nil
}

// decode reads exactly one JSON value. A field that nobody knows is an error: what one
// side means and the other ignores is how guards are passed by.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fault.Wrap(err, fault.Invalid, "a message can't be read: %s", shortened(err.Error()))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fault.New(fault.Invalid, "a message is followed by something else")
	}
	return nil
}

func shortened(text string) string {
	const most = 200
	if len(text) <= most {
		return text
	}
	return text[:most] + "…"
}

// rawAll are items as JSON, one by one, so that they can be packed into frames.
func rawAll[T any](items []T) ([]json.RawMessage, error) {
	all := make([]json.RawMessage, len(items))
	for i, item := range items {
		raw, err := json.Marshal(item)
		if err != nil {
			return nil, fault.Wrap(err, fault.Internal, "a message could not be written")
		}
		all[i] = raw
	}
	return all, nil
}

// readAll is the way back.
func readAll[T any](items []json.RawMessage) ([]T, error) {
	if len(items) == 0 {
		return nil, nil
	}
	body := append(append([]byte("["), bytes.Join(rawBytes(items), []byte(","))...), ']')
	all := make([]T, 0, len(items))
	err := decode(body, &all)
	if err == nil && len(all) != len(items) {
		err = fault.New(fault.Invalid, "a list of %d items was read as %d", len(items), len(all))
	}
	return all, err
}

func rawBytes(items []json.RawMessage) [][]byte {
	all := make([][]byte, len(items))
	for i, item := range items {
		all[i] = item
	}
	return all
}

// pack splits items into pieces for one frame each; at least one piece.
func pack(items []json.RawMessage) [][]json.RawMessage {
	var pieces [][]json.RawMessage
	size, from := 0, 0
	for i, item := range items {
		if size > 0 && size+len(item) > pieceSize {
			pieces = append(pieces, items[from:i])
			size, from = 0, i
		}
		size += len(item) + 1
	}
	return append(pieces, items[from:])
}

// gathering collects the pieces of a list within its bounds.
type gathering struct {
	items []json.RawMessage
	size  int
}

func (g *gathering) add(items []json.RawMessage) error {
	for _, item := range items {
		g.size += len(item)
	}
	g.items = append(g.items, items...)
	if len(g.items) > maxItems || g.size > maxList {
		return fault.New(fault.TooLarge, "a list of %d items and %d bytes is too long", len(g.items), g.size)
	}
	return nil
}
