package host

import (
	"os"
	"time"
)

// serverAge is how long the server behind a socket has been running: it makes its
// socket when it starts. An hour when that can't be told, which means "not just
// started". The socket tells even where the process is out of sight: in another
// container, or for a helper without root's powers.
func serverAge(socket string) time.Duration {
	info, err := os.Stat(socket)
	if err != nil {
		return time.Hour
	}
	return time.Since(info.ModTime())
}
